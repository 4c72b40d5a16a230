using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Tintype.Images.Data.Transport;

/// <summary>
/// Has the kernel send ranges of files on one connection.
/// <code>
/// sendfile ──► all gone? ──► next
///    ▲            └── the socket is full ──► room within a millisecond? ── yes ──► sendfile
///    │                                                └── no ──► park: the runtime sends a piece once there is room
///    └────────────────────────────────────────────────────────────┘
/// </code>
/// A client that takes its bytes as fast as they come is served by one thread without a change of threads at each full socket, which took as
/// much processor time as the sending itself; a slow one holds no thread.
/// </summary>
internal sealed class SocketSender(Socket socket, DirectWriter writer)
{
    /// <summary>
    /// One call's. What a longer one sends lies on the socket until it is full, cold when the client gets to it: over loopback calls of 16 MiB take
    /// twice the processor time of these, on both sides.
    /// </summary>
    private const int LargestCall = 256 << 10;

    /// <summary>What a parked connection sends when it wakes up; after that it is seen whether the client has become fast.</summary>
    private const int ParkedPiece = 1 << 20;

    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(1);

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
            try
            {
                await SendAsync(file, offset, length, ct);
            }
            catch
            {
                // The answer promised more than was sent: there is no way to say so but to end it.
                response.HttpContext.Abort();
                ct.ThrowIfCancellationRequested();
                throw;
            }
        }

        await AccountAsync(response.BodyWriter, length, ct);
    }

    private async Task SendAsync(FileStream file, long offset, long length, CancellationToken ct)
    {
        for (var end = offset + length; offset < end; ct.ThrowIfCancellationRequested())
        {
            var sent = Send(file, offset, (int)Math.Min(LargestCall, end - offset));
            offset += sent;
            if (sent == 0 && !HasRoomSoon())
                offset += await SendParkedAsync(file, offset, (int)Math.Min(ParkedPiece, end - offset));
        }
    }

    /// <returns>Bytes that the socket has taken; 0 if it is full.</returns>
    private long Send(FileStream file, long offset, int count)
    {
        try
        {
            return FileSending.Send(socket.SafeHandle, file.SafeFileHandle, offset, count) is >= 0 and var sent ? sent
                : throw new IOException($"{file.Name} ends at {offset}, before what was promised of it.");
        }
        catch (SocketException refused)
        {
            throw Failure(file, offset, refused.SocketErrorCode);
        }
        catch (ObjectDisposedException closed)
        {
            throw new OperationCanceledException("The connection has been closed.", closed);
        }
    }

    private bool HasRoomSoon()
    {
        try
        {
            return socket.Poll(_patience, SelectMode.SelectWrite);
        }
        catch (Exception closed) when (closed is ObjectDisposedException or SocketException)
        {
            throw new OperationCanceledException("The connection has been closed.", closed);
        }
    }

    private async Task<int> SendParkedAsync(FileStream file, long offset, int count)
    {
        using var sending = new Sending();
        sending.SendPacketsElements = [new SendPacketsElement(file, offset, count)];
        try
        {
            if (socket.SendPacketsAsync(sending))
                await sending.Ended;
        }
        catch (ObjectDisposedException closed)
        {
            throw new OperationCanceledException("The connection has been closed.", closed);
        }

        return sending.SocketError == SocketError.Success && sending.BytesTransferred == count ? count : throw Failure(file, offset, sending.SocketError);
    }

    private static Exception Failure(FileStream file, long offset, SocketError error) =>
        error is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.OperationAborted or SocketError.ConnectionAborted
            ? new OperationCanceledException("The client has gone.") : new IOException($"{file.Name} could not be sent from {offset} on: {error}.");

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
