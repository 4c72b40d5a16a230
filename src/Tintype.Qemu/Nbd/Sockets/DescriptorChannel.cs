using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Tintype.Qemu.Nbd.Sockets;

/// <summary>
/// Messages over a unix socket that keeps their bounds (SOCK_SEQPACKET), each a text and possibly a descriptor, which the kernel copies into the
/// receiver (SCM_RIGHTS, unix(7)). One reader and one writer at a time.
/// </summary>
internal sealed partial class DescriptorChannel(Socket socket) : IDisposable
{
    // A directory's path and an export or two.
    private const int LongestMessage = 16 * 1024;

    /// <summary>Sends at once: each message is answered before the next, so that the socket's buffer never fills.</summary>
    /// <exception cref="IOException">The other side has gone.</exception>
    public void Send(string text, SafeHandle? descriptor = null) => Send(Encoding.UTF8.GetBytes(text), descriptor);

    /// <summary>The next message; null when the other side has gone. The descriptor is the caller's to dispose.</summary>
    public async Task<(string Text, SafeSocketHandle? Descriptor)?> ReceiveAsync(CancellationToken ct)
    {
        while (true)
        {
            // The runtime waits for a message, and leaves it there: it has no way to take descriptors.
            int there;
            try
            {
                there = await socket.ReceiveAsync(new byte[1], SocketFlags.Peek, ct);
            }
            catch (SocketException gone) when (gone.SocketErrorCode is SocketError.ConnectionReset)
            {
                return null;
            }

            if (there == 0)
                return null;
            if (TryReceive(out var message))
                return message;
        }
    }

    public void Dispose() => socket.Dispose();

    private unsafe void Send(byte[] bytes, SafeHandle? descriptor)
    {
        using var held = descriptor is null ? null : new Hold(descriptor);
        var control = stackalloc byte[ControlLength];
        fixed (byte* data = bytes)
        {
            var part = new Part { Data = data, Length = (nuint)bytes.Length };
            var message = new Message { Parts = &part, PartCount = 1 };
            if (held is not null)
            {
                *(nuint*)control = ControlHead + sizeof(int);
                *(int*)(control + 8) = SocketLevel;
                *(int*)(control + 12) = Rights;
                *(int*)(control + ControlHead) = held.Number;
                message.Control = control;
                message.ControlLength = ControlLength;
            }

            if (SendMessage(socket.SafeHandle, &message, DontWait | NoSignal) != bytes.Length)
                throw new IOException($"A message could not be sent: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    private unsafe bool TryReceive(out (string Text, SafeSocketHandle? Descriptor)? message)
    {
        message = null;
        var bytes = new byte[LongestMessage];
        var control = stackalloc byte[ControlLength];
        fixed (byte* data = bytes)
        {
            var part = new Part { Data = data, Length = LongestMessage };
            var head = new Message { Parts = &part, PartCount = 1, Control = control, ControlLength = ControlLength };
            var length = ReceiveMessage(socket.SafeHandle, &head, DontWait | ReceivedCloseOnExec);
            if (length < 0)
                return Marshal.GetLastPInvokeError() == WouldBlock ? false : throw new IOException($"A message could not be received: {Marshal.GetLastPInvokeErrorMessage()}");
            SafeSocketHandle? descriptor = null;
            if (head.ControlLength >= ControlHead + sizeof(int) && *(int*)(control + 8) == SocketLevel && *(int*)(control + 12) == Rights)
                descriptor = new SafeSocketHandle(*(int*)(control + ControlHead), ownsHandle: true);
            if ((head.Flags & Truncated) != 0)
            {
                descriptor?.Dispose();
                throw new IOException($"A message of more than {LongestMessage} bytes came.");
            }

            // The end of the connection reads as an empty message.
            if (length > 0)
                message = (Encoding.UTF8.GetString(bytes, 0, (int)length), descriptor);
            return true;
        }
    }

    private sealed class Hold : IDisposable
    {
        private readonly SafeHandle _handle;

        public Hold(SafeHandle handle)
        {
            var added = false;
            handle.DangerousAddRef(ref added);
            _handle = handle;
        }

        public int Number => (int)_handle.DangerousGetHandle();

        public void Dispose() => _handle.DangerousRelease();
    }

    // CMSG_LEN and CMSG_SPACE of one descriptor on 64-bit Linux: a head of 16 bytes, and 4 that are filled up to 8.
    private const int ControlHead = 16;
    private const int ControlLength = 24;
    private const int SocketLevel = 1;
    private const int Rights = 1;
    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int ReceivedCloseOnExec = 0x40000000;
    private const int Truncated = 0x20;
    private const int WouldBlock = 11;

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Part
    {
        public byte* Data;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Message
    {
        public void* Name;
        public uint NameLength;
        public Part* Parts;
        public nuint PartCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint SendMessage(SafeSocketHandle socket, Message* message, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint ReceiveMessage(SafeSocketHandle socket, Message* message, int flags);
}
