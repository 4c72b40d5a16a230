using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tintype.Bench.Contestants;

/// <summary>The least that a program can do that sends a file itself: a thread that reads 256 KiB and sends them, over and over.</summary>
internal sealed class LoopServer : IDisposable
{
    private const int BlockSize = 256 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly string _file;

    public LoopServer(string file)
    {
        _file = file;
        _listener.Start();
        new Thread(Serve) { IsBackground = true }.Start();
    }

    public const string Path = "/image";

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    public void Dispose() => _listener.Dispose();

    private void Serve()
    {
        try
        {
            while (true)
            {
                using var client = _listener.AcceptSocket();
                client.NoDelay = true;
                while (HasRequest(client))
                    Send(client);
            }
        }
        catch (SocketException)
        {
            // No more is asked for.
        }
    }

    // Of the request nothing matters but where it ends.
    private static bool HasRequest(Socket client)
    {
        var head = new StringBuilder();
        var buffer = new byte[1024];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = client.Receive(buffer);
            if (read == 0)
                return false;
            head.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return true;
    }

    private void Send(Socket client)
    {
        using var file = File.OpenHandle(_file);
        var buffer = new byte[BlockSize];
        client.Send(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {RandomAccess.GetLength(file)}\r\n\r\n"));
        for (long at = 0; RandomAccess.Read(file, buffer, at) is > 0 and var read; at += read)
        {
            for (ReadOnlySpan<byte> rest = buffer.AsSpan(0, read); !rest.IsEmpty;)
                rest = rest[client.Send(rest)..];
        }
    }
}
