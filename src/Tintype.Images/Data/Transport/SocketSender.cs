using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Tintype.Images.Data.Transport;

/// <summary>Has the kernel send ranges of files on one connection.</summary>
internal sealed class SocketSender(Socket socket, DirectWriter writer)
{
    /// <summary>One call of the kernel's takes an Int32.</summary>
    private const int LargestElement = 1 << 30;

    /// <summary>Sends the body of a response whose Content-Length is the range's.</summary>
    /// <exception cref="OperationCanceledException">The client has gone, or the server stops; the connection is closed.</exception>
    /// <exception cref="IOException">The file could not be sent to its end; the connection is closed.</exception>
    public async Task SendAsync(HttpResponse response, FileStream file, long offset, long length, CancellationToken ct)
    {
        await response.StartAsync(ct);
        // The head is on its way before the body, which takes another.
        await response.BodyWriter.FlushAsync(ct);
        await using (ct.UnsafeRegister(static http => ((HttpContext)http!).Abort(), response.HttpContext))
        {
            for (var sent = 0L; sent < length;)
            {
                var count = (int)Math.Min(LargestElement, length - sent);
                await SendAsync(response.HttpContext, file, offset + sent, count, ct);
                sent += count;
            }
        }

        await AccountAsync(response.BodyWriter, length, ct);
    }

    private async Task SendAsync(HttpContext http, FileStream file, long offset, int count, CancellationToken ct)
    {
        using var sending = new Sending();
        sending.SendPacketsElements = [new SendPacketsElement(file, offset, count)];
        if (socket.SendPacketsAsync(sending))
            await sending.Ended;
        if (sending.SocketError == SocketError.Success && sending.BytesTransferred == count)
            return;
        // The answer promised more than was sent: there is no way to say so but to end it.
        http.Abort();
        ct.ThrowIfCancellationRequested();
        if (sending.SocketError is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.OperationAborted or SocketError.ConnectionAborted)
            throw new OperationCanceledException("The client has gone.");
        throw new IOException($"{file.Name} could not be sent: {sending.SocketError}, {sending.BytesTransferred} of {count} bytes from {offset}.");
    }

    /// <summary>Kestrel holds a response against its Content-Length: it is told of bytes that the writer below does not send again.</summary>
    private async Task AccountAsync(PipeWriter body, long length, CancellationToken ct)
    {
        writer.Skip(length);
        while (length > 0)
        {
            var count = (int)Math.Min(length, body.GetMemory().Length);
            body.Advance(count);
            length -= count;
        }

        await body.FlushAsync(ct);
    }

    private sealed class Sending : SocketAsyncEventArgs
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        protected override void OnCompleted(SocketAsyncEventArgs e) => _ended.TrySetResult();
    }
}
