using System.Runtime.ExceptionServices;
using Tintype.Storage.Chunks.Packs;

namespace Tintype.Storage.Chunks;

/// <summary>
/// Reads chunks from the packs of a store. Serves one reader at a time. A pack may go while it is read from, when the collector writes
/// what is left of it elsewhere: then the chunks are looked up again.
/// </summary>
/// <param name="hold">Keeps what is read; given up with the reader.</param>
internal sealed class PackedChunks(IRangeReadable packs, IChunkIndex index, IDisposable? hold = null) : IChunkReader, IDisposable
{
    /// <summary>Bytes that are read at once, if they are not one chunk's.</summary>
    private const int LongestRun = 2 << 20;

    /// <summary>To unpack and to check takes longer than to read: of so many chunks or more, other threads do a part.</summary>
    private const int WorthSharing = 4;

    private static readonly ParallelOptions _sharing = new() { MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, 4) };

    private readonly ChunkCodec _codec = new();
    private byte[] _stored = [];

    public async ValueTask<int> ReadAsync(ChunkHash hash, Memory<byte> target, CancellationToken ct)
    {
        var place = (await FindAsync([hash], ct))[hash];
        while (true)
        {
            try
            {
                await ReadAsync(place.Pack, [(place.Entry, target)], ct);
                return place.Entry.Length;
            }
            catch (ChunkMissingException gone)
            {
                place = (await FindElsewhereAsync(place, gone, ct))[hash];
            }
        }
    }

    /// <summary>Reads many chunks, each into a place of its own, with as few reads as their places allow.</summary>
    /// <param name="wanted">Each place has the length of its chunk.</param>
    /// <exception cref="IOException">A chunk is missing or damaged.</exception>
    public async Task ReadAsync(IReadOnlyCollection<(ChunkHash Hash, Memory<byte> Target)> wanted, CancellationToken ct)
    {
        var places = await FindAsync([.. wanted.Select(w => w.Hash).Distinct()], ct);
        foreach (var pack in wanted.GroupBy(w => places[w.Hash].Pack, w => (places[w.Hash].Entry, w.Target)))
        {
            var run = new List<(PackEntry Entry, Memory<byte> Target)>();
            foreach (var next in pack.OrderBy(p => p.Entry.Offset))
            {
                if (run.Count > 0 && (next.Entry.Offset > End(run[^1].Entry) || End(next.Entry) - run[0].Entry.Offset > LongestRun))
                {
                    await ReadRunAsync(pack.Key, run, ct);
                    run.Clear();
                }

                run.Add(next);
            }

            await ReadRunAsync(pack.Key, run, ct);
        }
    }

    public void Dispose()
    {
        hold?.Dispose();
        _codec.Dispose();
    }

    private static long End(PackEntry entry) => entry.Offset + entry.StoredLength;

    private async Task<IReadOnlyDictionary<ChunkHash, ChunkPlace>> FindAsync(IReadOnlyCollection<ChunkHash> hashes, CancellationToken ct)
    {
        var places = await index.FindAsync(hashes, ct);
        foreach (var hash in hashes)
        {
            if (!places.ContainsKey(hash))
                throw new ChunkMissingException(hash);
        }

        return places;
    }

    /// <exception cref="ChunkMissingException">It is said to lie where it was not found.</exception>
    private async Task<IReadOnlyDictionary<ChunkHash, ChunkPlace>> FindElsewhereAsync(ChunkPlace place, ChunkMissingException gone, CancellationToken ct)
    {
        var places = await FindAsync([place.Entry.Hash], ct);
        return places[place.Entry.Hash].Pack == place.Pack ? throw new ChunkMissingException(gone.Hash, gone.InnerException) : places;
    }

    private async Task ReadRunAsync(Guid pack, List<(PackEntry Entry, Memory<byte> Target)> run, CancellationToken ct)
    {
        try
        {
            await ReadAsync(pack, run, ct);
        }
        catch (ChunkMissingException)
        {
            // Each of them may lie in another pack now.
            foreach (var (entry, target) in run)
                await ReadAsync(entry.Hash, target, ct);
        }
    }

    // Chunks without a gap between them, in the order of their places; one that is wanted twice comes twice.
    private async Task ReadAsync(Guid pack, List<(PackEntry Entry, Memory<byte> Target)> run, CancellationToken ct)
    {
        var start = run[0].Entry.Offset;
        var length = (int)(End(run[^1].Entry) - start);
        if (_stored.Length < length)
            _stored = GC.AllocateUninitializedArray<byte>(length);
        try
        {
            await using var stream = await packs.OpenRangeAsync(pack, start, length, ct);
            await stream.ReadExactlyAsync(_stored.AsMemory(0, length), ct);
        }
        catch (Exception gone) when (gone is BlobNotFoundException or ArgumentOutOfRangeException or EndOfStreamException)
        {
            throw new ChunkMissingException(run[0].Entry.Hash, gone);
        }

        if (run.Count < WorthSharing || Environment.ProcessorCount == 1)
        {
            foreach (var one in run)
                Decode(_codec, one, start);
            return;
        }

        try
        {
            Parallel.ForEach(run, _sharing, CodecPool.Take, (one, _, codec) =>
            {
                Decode(codec, one, start);
                return codec;
            }, CodecPool.Return);
        }
        catch (AggregateException several)
        {
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
    }

    private void Decode(ChunkCodec codec, (PackEntry Entry, Memory<byte> Target) one, long start)
    {
        var (entry, target) = one;
        if (target.Length < entry.Length)
            throw new ChunkDamagedException(entry.Hash, $"it has {entry.Length} bytes where {target.Length} belong");
        codec.Decode(entry.Hash, entry.Encoding, _stored.AsSpan((int)(entry.Offset - start), entry.StoredLength), target.Span[..entry.Length]);
    }
}
