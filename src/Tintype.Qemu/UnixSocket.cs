using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Tintype.Qemu;

/// <summary>Reaches unix sockets wherever they lie.</summary>
internal static partial class UnixSocket
{
    // sockaddr_un.sun_path holds 108 bytes, of which the last is a zero (unix(7)).
    private const int MaximumPath = 107;

    /// <exception cref="IOException">Nobody listens there, or it is a link; the message names the path.</exception>
    public static async Task<NetworkStream> ConnectAsync(string path, CancellationToken ct) =>
        new(await OpenAsync(path, ct), ownsSocket: true);

    /// <inheritdoc cref="ConnectAsync"/>
    public static async Task<Socket> OpenAsync(string path, CancellationToken ct, SocketType type = SocketType.Stream)
    {
        // Opened first, without following a link, and reached through the descriptor: a guest's user may have put a link to another's
        // socket in its directory, and we may talk to all of them. It may also lie deeper than a socket's address can say.
        using var node = new SafeFileHandle(Open(path, OpenPath | OpenNoFollow | OpenCloseOnExec), ownsHandle: true);
        if (node.IsInvalid)
            throw new IOException($"Cannot connect to {path}: {Marshal.GetLastPInvokeErrorMessage()}");
        var socket = new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint($"/proc/self/fd/{node.DangerousGetHandle()}"), ct);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"Cannot connect to {path}: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A socket that listens at <paramref name="path"/>.</summary>
    public static Socket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using var directory = OpenDirectoryOfLongPath(path, out var reachable);
            socket.Bind(new UnixDomainSocketEndPoint(reachable));
            socket.Listen(1);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A socket that listens at <paramref name="path"/> and leaves its name there when it is disposed: others may hold it too. Nothing may be at the
    /// name yet; a link there is not followed.
    /// </summary>
    /// <exception cref="IOException">It cannot listen there.</exception>
    public static Socket ListenLasting(string path, SocketType type, int backlog)
    {
        // The runtime's own Bind removes the name with the socket.
        var socket = new SafeSocketHandle(Create(UnixFamily, (int)type | CloseOnExec, 0), ownsHandle: true);
        try
        {
            using var directory = OpenDirectoryOfLongPath(path, out var reachable);
            // sockaddr_un: the family, in the host's order, then the path with a zero at its end.
            var address = new byte[2 + MaximumPath + 1];
            BitConverter.TryWriteBytes(address, UnixFamily);
            var length = 2 + Encoding.UTF8.GetBytes(reachable, address.AsSpan(2)) + 1;
            if (socket.IsInvalid || Bind(socket, address, length) != 0 || Listen(socket, backlog) != 0)
                throw new IOException($"Cannot listen at {path}: {Marshal.GetLastPInvokeErrorMessage()}");
            return new Socket(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // A path that is too long for the kernel's structure is reached through its opened directory: /proc/self/fd/N/name.
    private static SafeFileHandle? OpenDirectoryOfLongPath(string path, out string reachable)
    {
        reachable = path;
        if (Encoding.UTF8.GetByteCount(path) <= MaximumPath)
            return null;
        var parent = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var handle = new SafeFileHandle(Open(parent, OpenPath | OpenDirectory | OpenCloseOnExec), ownsHandle: true);
        if (handle.IsInvalid)
        {
            handle.Dispose();
            throw new IOException($"The socket {path} cannot be used: its directory cannot be opened ({Marshal.GetLastPInvokeErrorMessage()}).");
        }

        reachable = $"/proc/self/fd/{handle.DangerousGetHandle()}/{Path.GetFileName(path)}";
        if (Encoding.UTF8.GetByteCount(reachable) <= MaximumPath)
            return handle;
        handle.Dispose();
        throw new IOException($"The socket {path} cannot be used: its own name is too long; 80 bytes are possible.");
    }

    private const int OpenPath = 0x200000;
    private const int OpenDirectory = 0x10000;
    private const int OpenNoFollow = 0x20000;
    private const int OpenCloseOnExec = 0x80000;

    private const ushort UnixFamily = 1;
    private const int CloseOnExec = 0x80000;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Create(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Bind(SafeSocketHandle socket, byte[] address, int length);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Listen(SafeSocketHandle socket, int backlog);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);
}
