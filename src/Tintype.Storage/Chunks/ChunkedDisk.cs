using System.Runtime.CompilerServices;
using Tintype.DiskFormats.Qcow2;
using Tintype.Storage.Chunks.Manifests;

namespace Tintype.Storage.Chunks;

/// <summary>
/// The content of a blob, read anywhere; each chunk is checked before a byte of it is given out. What is asked for whole goes straight
/// into the caller's memory; the last chunk of which only a part was asked for is held, for whoever reads on from there.
/// </summary>
internal sealed class ChunkedDisk(ManifestShape shape, ManifestName? root, PackedChunks chunks) : IStoredDisk, IDisposable
{
    private readonly byte[] _held = GC.AllocateUninitializedArray<byte>(shape.ChunkSize);
    private readonly List<(ChunkHash Hash, Memory<byte> Target)> _wanted = [];
    private readonly List<Part> _parts = [];
    private ChunkHash? _heldName;

    public long Length => shape.Length;

    public ManifestTree Manifest { get; } = new(shape, root, chunks);

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct) => ReadAsync([new DiskPiece(offset, buffer)], ct);

    /// <summary>Reads several pieces with as few questions as their chunks' places allow.</summary>
    /// <exception cref="IOException">The disk cannot be read, or is not what was written.</exception>
    public async ValueTask ReadAsync(IReadOnlyList<DiskPiece> pieces, CancellationToken ct)
    {
        _wanted.Clear();
        _parts.Clear();
        foreach (var piece in pieces)
            await ResolveAsync(piece, ct);
        if (_wanted.Count > 0)
            await chunks.ReadAsync(_wanted, ct);
        foreach (var part in _parts)
        {
            if (_heldName != part.Name)
            {
                _heldName = null;
                await chunks.ReadAsync([(part.Name, _held.AsMemory(0, part.ChunkLength))], ct);
                _heldName = part.Name;
            }

            _held.AsMemory(part.From, part.Target.Length).CopyTo(part.Target);
        }
    }

    public async IAsyncEnumerable<StoredExtent> ExtentsAsync(long offset, long length, [EnumeratorCancellation] CancellationToken ct)
    {
        Check(offset, length);
        if (length == 0)
            yield break;
        var end = offset + length;
        var first = offset / shape.ChunkSize;
        await foreach (var run in Manifest.PresenceAsync(first, ((end - 1) / shape.ChunkSize) - first + 1, ct))
        {
            var from = Math.Max(offset, run.First * shape.ChunkSize);
            yield return new StoredExtent(from, Math.Min(end, (run.First + run.Count) * shape.ChunkSize) - from, run.IsZero);
        }
    }

    /// <summary>Which chunks are not zeros, of those that an L2 table is for: a chunk of this size is a cluster.</summary>
    public async ValueTask ReadTableAsync(int table, Memory<ulong> stored, CancellationToken ct)
    {
        var first = (long)table * Qcow2Layout.ClustersPerTable;
        await foreach (var run in Manifest.PresenceAsync(first, Math.Min(Qcow2Layout.ClustersPerTable, shape.Chunks - first), ct))
        {
            for (var chunk = (int)(run.First - first); !run.IsZero && chunk < run.First - first + run.Count; chunk++)
                stored.Span[chunk / 64] |= 1UL << (chunk % 64);
        }
    }

    /// <summary>The L2 tables of a qcow2 of this content.</summary>
    public async Task<IReadOnlyList<Qcow2Table>> TablesAsync(CancellationToken ct)
    {
        var tables = new List<Qcow2Table>();
        await foreach (var (first, count) in Manifest.LeavesAsync(ct))
        {
            var number = (int)(first / Qcow2Layout.ClustersPerTable);
            if (tables.Count > 0 && tables[^1].Number == number)
                tables[^1] = new Qcow2Table(number, tables[^1].Clusters + count);
            else
                tables.Add(new Qcow2Table(number, count));
        }

        return tables;
    }

    public void Dispose() => chunks.Dispose();

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask ResolveAsync(DiskPiece piece, CancellationToken ct)
    {
        Check(piece.Offset, piece.Target.Length);
        if (piece.Target.IsEmpty)
            return;
        var end = piece.Offset + piece.Target.Length;
        var first = piece.Offset / shape.ChunkSize;
        await foreach (var run in Manifest.RunsAsync(first, ((end - 1) / shape.ChunkSize) - first + 1, ct))
        {
            var start = run.First * shape.ChunkSize;
            var from = Math.Max(piece.Offset, start);
            var to = Math.Min(end, (run.First + run.Count) * shape.ChunkSize);
            var target = piece.Target.Slice((int)(from - piece.Offset), (int)(to - from));
            if (run.Name is not { } name)
                target.Span.Clear();
            else if (target.Length == shape.LengthOf(run.First))
                _wanted.Add((name, target));
            else
                _parts.Add(new Part(name, shape.LengthOf(run.First), (int)(from - start), target));
        }
    }

    private void Check(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length > shape.Length - offset)
            throw new ArgumentOutOfRangeException(nameof(length), length, $"The disk has {shape.Length} bytes; {offset} + {length} are beyond its end.");
    }

    /// <summary>A piece of a chunk.</summary>
    private readonly record struct Part(ChunkHash Name, int ChunkLength, int From, Memory<byte> Target);
}
