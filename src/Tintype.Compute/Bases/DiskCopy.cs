using System.Buffers;
using System.Threading.Channels;
using Tintype.Platform;
using Tintype.Qemu.Disks;
using Tintype.Storage;

namespace Tintype.Compute.Bases;

/// <summary>
/// Brings a disk into the store for disks: what has changed is read, what has not is kept of the basis.
/// <code>
/// map ─► runs ─► reader, some blocks ahead ─► writer: hashes, compresses, stores
/// </code>
/// Memory is these blocks, however large the disk and however scattered its changes.
/// </summary>
public static class DiskCopy
{
    // A request's price, some 50 µs, is nothing beside reading this much.
    private const int BlockSize = 1024 * 1024;

    private const int Blocks = 8;

    /// <summary>Writes all of the disk; the writer is not committed.</summary>
    /// <param name="report">Is told after each block how many bytes have been read so far.</param>
    /// <returns>Bytes that have been read.</returns>
    public static Task<long> RunAsync(IChangedDisk from, IDiskWriter to, Bandwidth bandwidth, Func<long, CancellationToken, Task> report, CancellationToken ct) =>
        RunAsync(from.ChangesAsync(ct), from.ReadAsync, to, bandwidth, report, ct);

    /// <summary>The same of a whole disk.</summary>
    public static Task<long> RunAsync(IDiskReader from, IDiskWriter to, Bandwidth bandwidth, Func<long, CancellationToken, Task> report, CancellationToken ct) =>
        RunAsync(from.ExtentsAsync(ct).Select(e => new ChangedExtent(e.Offset, e.Length, e.IsZero ? Change.Zeros : Change.Data)), from.ReadAsync, to, bandwidth, report, ct);

    private static async Task<long> RunAsync(IAsyncEnumerable<ChangedExtent> runs, Func<long, Memory<byte>, CancellationToken, ValueTask> read,
        IDiskWriter to, Bandwidth bandwidth, Func<long, CancellationToken, Task> report, CancellationToken ct)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var free = Channel.CreateUnbounded<byte[]>();
        var pieces = Channel.CreateBounded<Piece>(new BoundedChannelOptions(4 * Blocks) { SingleReader = true, SingleWriter = true });
        for (var i = 0; i < Blocks; i++)
            free.Writer.TryWrite(ArrayPool<byte>.Shared.Rent(BlockSize));
        var reading = Task.Run(() => ReadAheadAsync(runs, read, free.Reader, pieces.Writer, bandwidth, ending.Token), CancellationToken.None);
        try
        {
            var total = 0L;
            await foreach (var piece in pieces.Reader.ReadAllAsync(ct))
            {
                await WriteAsync(to, piece, ct);
                if (piece.Block is not { } block)
                    continue;
                free.Writer.TryWrite(block);
                total += piece.Length;
                await report(total, ct);
            }

            await reading;
            return total;
        }
        finally
        {
            // However it ended: the blocks may go to others only when the reader has let go of them.
            await ending.CancelAsync();
            await reading.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            while (pieces.Reader.TryRead(out var piece))
                Return(piece.Block);
            while (free.Reader.TryRead(out var block))
                Return(block);
        }
    }

    private static async Task ReadAheadAsync(IAsyncEnumerable<ChangedExtent> runs, Func<long, Memory<byte>, CancellationToken, ValueTask> read,
        ChannelReader<byte[]> free, ChannelWriter<Piece> pieces, Bandwidth bandwidth, CancellationToken ct)
    {
        try
        {
            await foreach (var run in runs.WithCancellation(ct))
            {
                if (run.Change != Change.Data)
                {
                    await pieces.WriteAsync(new Piece(run.Change, run.Length, null), ct);
                    continue;
                }

                for (var at = run.Offset; at < run.Offset + run.Length;)
                {
                    var block = await free.ReadAsync(ct);
                    var length = (int)Math.Min(BlockSize, run.Offset + run.Length - at);
                    try
                    {
                        await read(at, block.AsMemory(0, length), ct);
                        await bandwidth.SpendAsync(length, ct);
                        await pieces.WriteAsync(new Piece(Change.Data, length, block), ct);
                    }
                    catch
                    {
                        Return(block);
                        throw;
                    }

                    at += length;
                }
            }

            pieces.TryComplete();
        }
        catch (Exception failed)
        {
            pieces.TryComplete(failed);
            throw;
        }
    }

    private static ValueTask WriteAsync(IDiskWriter to, Piece piece, CancellationToken ct) => piece.Change switch
    {
        Change.None => to.KeepAsync(piece.Length, ct),
        Change.Zeros => to.WriteZerosAsync(piece.Length, ct),
        _ => to.WriteAsync(piece.Block.AsMemory(0, (int)piece.Length), ct),
    };

    private static void Return(byte[]? block)
    {
        if (block is not null)
            ArrayPool<byte>.Shared.Return(block);
    }

    private readonly record struct Piece(Change Change, long Length, byte[]? Block);
}
