using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tintype.Qemu.Process;

/// <summary>A confined program's own directory.</summary>
internal static partial class OwnedDirectory
{
    /// <summary>Makes the directory (0700) and gives it to the user, when Tintype is root.</summary>
    public static void Create(string path, uint uid)
    {
        // Parents are only passed through; the program reaches its directory as its working directory.
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // The way to it is ours, and may lead over links; what lies in it is not.
        Give(RealPath(path) ?? path, uid);
    }

    /// <summary>
    /// Changes the owner and the group, when Tintype is root; of a link itself, since the directory's user may have put one there.
    /// </summary>
    public static void Give(string path, uint uid)
    {
        if (Environment.IsPrivilegedProcess && ChangeOwner(path, uid, uid) != 0)
            throw new IOException($"{path} could not be given to the user {uid}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");
    }

    /// <summary>Opens a file for reading, unless it is missing, or something else than a file: a link that its user has put there may lead anywhere.</summary>
    public static FileStream? TryOpen(string path)
    {
        var handle = new SafeFileHandle(Open(path, NoFollow | NonBlocking | CloseOnExec), ownsHandle: true);
        if (handle.IsInvalid)
        {
            handle.Dispose();
            return null;
        }

        var stream = new FileStream(handle, FileAccess.Read);
        if (stream.CanSeek)
            return stream;
        stream.Dispose();
        return null;
    }

    /// <summary>Opens what is at the name for writing, but never through a link; null if there is nothing, or nothing that can be written to at once.</summary>
    public static SafeFileHandle? TryOpenForWriting(string path)
    {
        var handle = new SafeFileHandle(Open(path, WriteOnly | NoFollow | NonBlocking | CloseOnExec), ownsHandle: true);
        if (!handle.IsInvalid)
            return handle;
        handle.Dispose();
        return null;
    }

    /// <summary>
    /// The process whose pid the file names, if it is one that runs in <paramref name="directory"/>: pids are used again, working
    /// directories tell. Null otherwise. The caller disposes it.
    /// </summary>
    public static ProcessHandle? ProcessIn(string directory, string pidFile)
    {
        using var file = TryOpen(pidFile);
        if (file is null)
            return null;
        using var reader = new StreamReader(file);
        var text = new char[20];
        var length = reader.ReadBlock(text);
        return int.TryParse(text.AsSpan(0, length).Trim(), CultureInfo.InvariantCulture, out var pid) ? TryOpen(pid, directory) : null;
    }

    /// <summary>All processes that run in <paramref name="directory"/>, whatever they say of themselves.</summary>
    public static IEnumerable<ProcessHandle> ProcessesIn(string directory) =>
        from entry in Directory.EnumerateDirectories("/proc")
        let pid = int.TryParse(Path.GetFileName(entry), CultureInfo.InvariantCulture, out var number) ? TryOpen(number, directory) : null
        where pid is not null
        select pid;

    /// <summary>Whether any process runs in <paramref name="directory"/>.</summary>
    public static bool IsInUse(string directory)
    {
        if (!Directory.Exists(directory))
            return false;
        using var known = ProcessIn(directory, Path.Combine(directory, GuestFiles.Pid));
        if (known is not null)
            return true;
        // Being started, it has not written its pid down yet.
        using var any = ProcessesIn(directory).FirstOrDefault();
        return any is not null;
    }

    private static ProcessHandle? TryOpen(int pid, string directory)
    {
        // Opened first, looked at then: the number cannot pass to another process in between.
        var process = ProcessHandle.TryOpen(pid);
        if (process is null || (RealPath($"/proc/{pid}/cwd") is { } working && working == RealPath(directory) && !process.HasEnded))
            return process;
        process.Dispose();
        return null;
    }

    /// <summary>The directory's path without any link on the way, as the kernel tells it; null if it is not there, or hidden from us.</summary>
    public static string? RealPath(string directory)
    {
        using var handle = new SafeFileHandle(Open(directory, PathOnly | DirectoryOnly | CloseOnExec), ownsHandle: true);
        return handle.IsInvalid ? null : new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget;
    }

    private const int PathOnly = 0x200000;
    private const int DirectoryOnly = 0x10000;
    private const int WriteOnly = 1;
    private const int NoFollow = 0x20000;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint owner, uint group);
}
