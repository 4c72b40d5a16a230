using System.Runtime.CompilerServices;

namespace Tintype.Storage.Chunks.Manifests;

/// <summary>
/// Reads a manifest. It holds the nodes on the way to the place that was looked at last, so that reading on from there costs nothing;
/// one serves one reader at a time.
/// </summary>
/// <param name="root">The name of the root; null if all is zeros.</param>
internal sealed class ManifestTree(ManifestShape shape, ChunkHash? root, IChunkReader chunks)
{
    private readonly (ChunkHash Name, ManifestNode Node)?[] _path = new (ChunkHash, ManifestNode)?[shape.RootLevel + 1];
    private readonly byte[] _buffer = new byte[ManifestNode.MaximumSize];

    public ManifestShape Shape => shape;

    /// <summary>The name that a node of <paramref name="level"/> has for what begins at <paramref name="chunk"/>; null for zeros.</summary>
    /// <exception cref="IOException">A node cannot be read.</exception>
    public async ValueTask<ChunkHash?> NameAsync(int level, long chunk, CancellationToken ct) =>
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
                // To the end of what this name stands for.
                var span = ManifestShape.Span(level);
                chunk = Math.Min(end, (chunk / span * span) + span);
                continue;
            }

            if (zeros < chunk)
                yield return new ChunkRun(zeros, chunk - zeros, null);
            yield return new ChunkRun(chunk, 1, name);
            zeros = ++chunk;
        }

        if (zeros < end)
            yield return new ChunkRun(zeros, end - zeros, null);
    }

    // Down from the root, as far as asked for, or to where all is zeros: at which level that was, is told too.
    private async ValueTask<(ChunkHash? Name, int Level)> FindAsync(int level, long chunk, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(chunk, shape.Chunks);
        if (root is not { } name)
            return (null, shape.RootLevel + 1);
        for (var at = shape.RootLevel; ; at--)
        {
            var node = await ReadAsync(name, at, chunk, ct);
            if (node.Names[(int)(chunk / ManifestShape.Span(at) % ManifestShape.FanOut)] is not { } below)
                return (null, at);
            if (at == level)
                return (below, at);
            name = below;
        }
    }

    private async ValueTask<ManifestNode> ReadAsync(ChunkHash name, int level, long chunk, CancellationToken ct)
    {
        if (_path[level] is { } held && held.Name == name)
            return held.Node;
        var node = ManifestNode.Decode(_buffer.AsSpan(0, await chunks.ReadAsync(name, _buffer, ct)));
        var span = ManifestShape.Span(level + 1);
        var expected = shape.SlotsOf(level, chunk / span * span);
        if (node.Level != level || node.Names.Count != expected)
            throw new InvalidDataException(
                $"The node {name} is of level {node.Level} with {node.Names.Count} names; at its place belongs one of level {level} with {expected}.");
        _path[level] = (name, node);
        return node;
    }
}

/// <summary>Chunks in a row of a manifest.</summary>
/// <param name="First">The number of the first.</param>
/// <param name="Count">One, unless they are zeros.</param>
/// <param name="Name">Null for zeros.</param>
internal readonly record struct ChunkRun(long First, long Count, ChunkHash? Name);
