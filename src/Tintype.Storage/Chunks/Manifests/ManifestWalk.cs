using System.Runtime.CompilerServices;

namespace Tintype.Storage.Chunks.Manifests;

/// <summary>Visits every name of manifests, in no order that means anything. What was visited is not entered again, as far as it can be remembered.</summary>
internal sealed class ManifestWalk(IChunkReader chunks)
{
    // Nodes: a million of them stand for 16 TiB.
    private const int Remembered = 1 << 20;

    private readonly byte[] _buffer = new byte[ManifestNode.MaximumSize];
    private readonly HashSet<ChunkHash> _entered = [];

    /// <summary>The names of nodes and chunks, the root's own first; one may come several times.</summary>
    /// <exception cref="IOException">A node cannot be read.</exception>
    public async IAsyncEnumerable<ChunkHash> NamesAsync(ManifestShape shape, ChunkHash root, [EnumeratorCancellation] CancellationToken ct)
    {
        var nodes = new Stack<(ChunkHash Name, int Level)>();
        nodes.Push((root, shape.RootLevel));
        while (nodes.TryPop(out var next))
        {
            yield return next.Name;
            if (!Enters(next.Name))
                continue;
            var node = ManifestNode.Decode(_buffer.AsSpan(0, await chunks.ReadAsync(next.Name, _buffer, ct)));
            if (node.Level != next.Level)
                throw new InvalidDataException($"The node {next.Name} is of level {node.Level}; at its place belongs one of level {next.Level}.");
            foreach (var name in node.Names)
            {
                if (name is { } chunk && node.Level == 0)
                    yield return chunk.Hash;
                else if (name is { } below)
                    nodes.Push((below.Hash, node.Level - 1));
            }
        }
    }

    private bool Enters(ChunkHash node) => _entered.Count < Remembered ? _entered.Add(node) : !_entered.Contains(node);
}
