using System.Net;
using System.Net.Sockets;

namespace Tintype.TestSupport;

/// <summary>
/// Ports for servers that cannot be told to choose one, or have to be found on theirs again after an end. They lie below those that the
/// kernel gives to whoever asks for any (ip_local_port_range), so that none is taken while its owner is away.
/// </summary>
public static class FreePort
{
    private const int First = 20_000;
    private const int Count = 12_000;

    // Several processes look at once; within one no port is given twice.
    private static int _next = Random.Shared.Next(Count);

    public static int Next()
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _next) % Count);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // The next one.
            }
        }
    }
}
