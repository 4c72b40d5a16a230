using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Tintype.Images.Data.Transport;

/// <summary>
/// Lets the kernel send files on a connection of Kestrel's: what Kestrel writes goes to the socket with each flush instead of lying
/// in a pipe, so that between two flushes the socket is free for others.
/// </summary>
public static class DirectSending
{
    /// <summary>For plain connections only: what goes over TLS or HTTP/2 has to pass through the process.</summary>
    public static void UseDirectSending(this ListenOptions options) => options.Use(next => new ConnectionDelegate(async connection =>
    {
        var socket = connection.Features.Get<IConnectionSocketFeature>()!.Socket;
        if (Open(socket) is not { } stream)
            return;
        var transport = connection.Transport;
        var writer = new DirectWriter(stream, connection, connection.Features.Get<IMemoryPoolFeature>()?.MemoryPool);
        connection.Transport = new DuplexPipe(transport.Input, writer);
        connection.Features.Set(new SocketSender(socket, writer));
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = transport;
            // The transport's own sender has had nothing to do; this ends it, and with it the connection.
            await transport.Output.CompleteAsync();
        }
    }));

    /// <returns>Null when the client has gone already: nobody is left to talk to, and Kestrel ends the connection.</returns>
    private static NetworkStream? Open(Socket socket)
    {
        try
        {
            return new NetworkStream(socket, ownsSocket: false);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            return null;
        }
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
