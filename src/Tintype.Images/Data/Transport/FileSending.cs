using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tintype.Images.Data.Transport;

/// <summary>sendfile(2), to which .NET has only a door that changes threads.</summary>
internal static partial class FileSending
{
    private const int EINTR = 4;
    private const int EBADF = 9;
    private const int EAGAIN = 11;
    private const int EPIPE = 32;
    private const int ENOTCONN = 107;
    private const int ECONNRESET = 104;
    private const int ECONNABORTED = 103;

    /// <param name="socket">One that does not block, as those of Kestrel are: otherwise the call lasts until all is sent.</param>
    /// <returns>Bytes that the socket has taken, 0 when it is full, -1 when the file has none at <paramref name="offset"/>.</returns>
    /// <exception cref="SocketException">The connection has ended, or the kernel cannot.</exception>
    public static long Send(SafeSocketHandle socket, SafeFileHandle file, long offset, int count)
    {
        while (true)
        {
            var sent = SendFile(socket, file, ref offset, count);
            if (sent >= 0)
                return sent == 0 ? -1 : sent;
            switch (Marshal.GetLastPInvokeError())
            {
                case EINTR:
                    continue;
                case EAGAIN:
                    return 0;
                case EPIPE or ECONNRESET or ECONNABORTED or ENOTCONN or EBADF:
                    throw new SocketException((int)SocketError.ConnectionReset);
                case var error:
                    throw new SocketException((int)SocketError.SocketError, $"sendfile: {Marshal.GetPInvokeErrorMessage(error)}");
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "sendfile", SetLastError = true)]
    private static partial nint SendFile(SafeSocketHandle socket, SafeFileHandle file, ref long offset, nint count);
}
