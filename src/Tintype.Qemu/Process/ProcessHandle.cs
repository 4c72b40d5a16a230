using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tintype.Qemu.Process;

/// <summary>
/// A process by its descriptor (pidfd_open(2)), not by its number, which may be another's by the time it is used. Works for
/// processes that someone else started, and knows an ended one as ended even when nobody has collected it yet. Once disposed, every
/// member but <see cref="Pid"/> throws <see cref="ObjectDisposedException"/>.
/// </summary>
internal sealed partial class ProcessHandle : IDisposable
{
    private const nint PidfdOpen = 434;
    private const nint PidfdSendSignal = 424;
    private const int Kill9 = 9;
    private const short Readable = 1;

    private static readonly TimeSpan _poll = TimeSpan.FromMilliseconds(20);

    private readonly SafeFileHandle _descriptor;

    private ProcessHandle(int pid, SafeFileHandle descriptor)
    {
        Pid = pid;
        _descriptor = descriptor;
    }

    public int Pid { get; }

    /// <summary>Stands for a process that has ended before it could be opened.</summary>
    public static ProcessHandle Ended(int pid) => new(pid, new SafeFileHandle());

    /// <summary>The process that has this number now, or null.</summary>
    public static ProcessHandle? TryOpen(int pid)
    {
        var descriptor = new SafeFileHandle(SystemCall(PidfdOpen, pid, 0, 0, 0), ownsHandle: true);
        if (!descriptor.IsInvalid)
            return new ProcessHandle(pid, descriptor);
        descriptor.Dispose();
        return null;
    }

    public bool HasEnded
    {
        get
        {
            if (_descriptor.IsInvalid)
                return true;
            using var held = new Hold(_descriptor);
            var poll = new PollDescriptor { Descriptor = held.Number, Events = Readable };
            return Poll(ref poll, 1, 0) > 0;
        }
    }

    /// <summary>SIGKILL. No error if it has ended.</summary>
    public void Kill()
    {
        if (_descriptor.IsInvalid)
            return;
        using var held = new Hold(_descriptor);
        _ = SystemCall(PidfdSendSignal, held.Number, Kill9, 0, 0);
    }

    public async Task WaitForEndAsync(CancellationToken ct)
    {
        // The runtime has no way to await a descriptor that is no socket.
        while (!HasEnded)
            await Task.Delay(_poll, ct);
    }

    public void Dispose() => _descriptor.Dispose();

    // Once it is closed, the descriptor's number may be another process's: it is not closed while it is used, and not used afterwards.
    private readonly ref struct Hold
    {
        private readonly SafeFileHandle _descriptor;

        public Hold(SafeFileHandle descriptor)
        {
            var added = false;
            descriptor.DangerousAddRef(ref added);
            _descriptor = descriptor;
        }

        public int Number => (int)_descriptor.DangerousGetHandle();

        public void Dispose() => _descriptor.DangerousRelease();
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SystemCall(nint number, nint first, nint second, nint third, nint fourth);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, int timeout);
}
