using System.Runtime.CompilerServices;

namespace Tintype.Storage.Chunks.Manifests;

/// <summary>
/// Reads a manifest. It holds the nodes on the way to the place that was looked at last, so that reading on from there costs nothing,
/// and a few others, so that neither does going back and forth; one serves one reader at a time.
/// </summary>
/// <param name="root">Null if all is zeros.</param>
internal sealed class ManifestTree(ManifestShape shape, ManifestName? root, IChunkReader chunks)
{
    // Leaves of 512 MiB, in less than as many kilobytes.
    private const int Remembered = 32;

    private readonly (ChunkHash Name, ManifestNode Node)?[] _path = new (ChunkHash, ManifestNode)?[shape.RootLevel + 1];
    private readonly Dictionary<ChunkHash, ManifestNode> _lately = [];
    private readonly byte[] _buffer = new byte[ManifestNode.MaximumSize];

    public ManifestShape Shape => shape;

    /// <summary>The name that a node of <paramref name="level"/> has for what begins at <paramref name="chunk"/>; null for zeros.</summary>
    /// <exception cref="IOException">A node cannot be read.</exception>
    public async ValueTask<ManifestName?> NameAsync(int level, long chunk, CancellationToken ct) =>
        (await FindAsync(level, chunk, ct)).Name;

    /// <summary>The chunks of a range in their order; zeros come in one run, however many they are.</summary>
    /// <exception cref="IOException">A node cannot be read.</exception>
    public async IAsyncEnumerable<ChunkRun> RunsAsync(long first, long count, [EnumeratorCancellation] CancellationToken ct)
    {
        var end = first + count;
        var zeros = first;
        for (var chunk = first; chunk < end;)
        {
            var (name, level) = await FindAsync(0, chunk, ct);
            if (name is null)
            {
                chunk = Math.Min(end, ManifestShape.EndOf(level, chunk));
                continue;
            }

            if (zeros < chunk)
                yield return new ChunkRun(zeros, chunk - zeros, null);
            yield return new ChunkRun(chunk, 1, name.Value.Hash);
            zeros = ++chunk;
        }

        if (zeros < end)
            yield return new ChunkRun(zeros, end - zeros, null);
    }

    /// <summary>Which chunks of a range are zeros, in runs as long as can be. No node is read below which there are only zeros, or none.</summary>
    /// <exception cref="IOException">A node cannot be read.</exception>
    public async IAsyncEnumerable<ChunkPresence> PresenceAsync(long first, long count, [EnumeratorCancellation] CancellationToken ct)
    {
        var end = first + count;
        var run = new ChunkPresence(first, 0, false);
        for (var chunk = first; chunk < end;)
        {
            var (name, level) = await FindAsync(0, chunk, ct, orWhole: true);
            var next = Math.Min(end, ManifestShape.EndOf(level, chunk));
            var isZero = name is null;
            if (isZero != run.IsZero && run.Count > 0)
            {
                yield return run;
                run = new ChunkPresence(chunk, 0, isZero);
            }

            run = run with { Count = run.Count + next - chunk, IsZero = isZero };
            chunk = next;
        }

        if (run.Count > 0)
            yield return run;
    }

    /// <summary>The nodes of level 0 in which there is anything but zeros: what is the first chunk of each, and how many are not zeros.</summary>
    /// <exception cref="IOException">A node above them cannot be read.</exception>
    public async IAsyncEnumerable<(long First, int Chunks)> LeavesAsync([EnumeratorCancellation] CancellationToken ct)
    {
        if (shape.RootLevel == 0 && root is { } sole)
            yield return (0, (int)sole.Chunks);
        for (long chunk = 0; shape.RootLevel > 0 && chunk < shape.Chunks;)
        {
            var (name, level) = await FindAsync(1, chunk, ct);
            if (name is { } leaf)
                yield return (chunk, (int)leaf.Chunks);
            chunk = ManifestShape.EndOf(level, chunk);
        }
    }

    // Down from the root, as far as asked for, or to where all is zeros or, if that is enough, none: at which level that was, is told too.
    private async ValueTask<(ManifestName? Name, int Level)> FindAsync(int level, long chunk, CancellationToken ct, bool orWhole = false)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(chunk, shape.Chunks);
        var at = shape.RootLevel + 1;
        var name = root;
        while (name is { } above && at > level && !(orWhole && above.Chunks == shape.ChunksOf(at, chunk)))
        {
            var node = await ReadAsync(above, --at, chunk, ct);
            name = node.Names[(int)(chunk / ManifestShape.Span(at) % ManifestShape.FanOut)];
        }

        return (name, at);
    }

    private async ValueTask<ManifestNode> ReadAsync(ManifestName name, int level, long chunk, CancellationToken ct)
    {
        if (_path[level] is { } held && held.Name == name.Hash)
            return held.Node;
        if (!_lately.TryGetValue(name.Hash, out var node))
        {
            node = ManifestNode.Decode(_buffer.AsSpan(0, await chunks.ReadAsync(name.Hash, _buffer, ct)));
            if (_lately.Count == Remembered)
                _lately.Clear();
            _lately.Add(name.Hash, node);
        }

        var expected = shape.SlotsOf(level, chunk);
        if (node.Level != level || node.Names.Count != expected || node.Chunks != name.Chunks)
        {
            throw new InvalidDataException(
                $"The node {name.Hash} is of level {node.Level} with {node.Names.Count} names for {node.Chunks} chunks; at its place belongs one of level {level} with {expected} for {name.Chunks}.");
        }

        _path[level] = (name.Hash, node);
        return node;
    }
}

/// <summary>Chunks in a row of a manifest.</summary>
/// <param name="First">The number of the first.</param>
/// <param name="Count">One, unless they are zeros.</param>
/// <param name="Name">Null for zeros.</param>
internal readonly record struct ChunkRun(long First, long Count, ChunkHash? Name);

/// <summary>Chunks in a row that are zeros, or of which none is.</summary>
internal readonly record struct ChunkPresence(long First, long Count, bool IsZero);
