using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Tintype.Images.Data.Transport;

/// <summary>Writes to a socket: what has been flushed has been handed to the kernel.</summary>
internal sealed class DirectWriter(NetworkStream socket, ConnectionContext connection, MemoryPool<byte>? pool) : PipeWriter
{
    // Never read: where Kestrel counts bytes that have gone another way.
    private static readonly byte[] _nowhere = new byte[LargeBlockPool.BlockSize];

    private readonly PipeWriter _inner = Create(socket, new StreamPipeWriterOptions(pool, leaveOpen: false));
    private long _skip;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _inner.UnflushedBytes;

    /// <summary>So many of the next bytes are not sent: the kernel has sent them. Only between two flushes.</summary>
    public void Skip(long bytes) => _skip = bytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _skip > 0 ? _nowhere.AsMemory(0, (int)Math.Min(_nowhere.Length, _skip)) : _inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (_skip > 0)
            _skip -= bytes;
        else
            _inner.Advance(bytes);
    }

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await _inner.FlushAsync(cancellationToken);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            // What a transport of Kestrel's does when nobody takes its bytes any more: the connection ends, the writer hears that it has.
            connection.Abort(new ConnectionAbortedException("The client has gone.", gone));
            return new FlushResult(isCanceled: false, isCompleted: true);
        }
    }

    public override void CancelPendingFlush() => _inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => _inner.Complete(exception);
}
