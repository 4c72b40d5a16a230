using System.Runtime.CompilerServices;
using Tintype.Storage.Chunks.Collection;
using Tintype.Storage.Chunks.Manifests;

namespace Tintype.Storage.Chunks.Scrubbing;

/// <summary>A part of a blob that cannot be read.</summary>
/// <param name="Level">-1 for a chunk of content; else that of a node, below which everything is out of reach.</param>
/// <param name="First">The first chunk of content that it stands for.</param>
public readonly record struct DamagedPlace(ChunkHash Hash, int Level, long First);

/// <summary>Finds where in blobs the chunks are that have been reported. One for each search: what several blobs share is looked through once.</summary>
public sealed class DamageSearch(ChunkStore store, IChunkLedger ledger) : IDisposable
{
    // Beyond, shared nodes are looked into again.
    private const int MostRemembered = 1 << 18;

    private readonly HashSet<ChunkHash> _sound = [];
    private readonly PackedChunks _chunks = store.OpenChunks(null);

    /// <exception cref="BlobNotFoundException">The blob has no record.</exception>
    /// <exception cref="InvalidDataException">Its record is damaged.</exception>
    public async IAsyncEnumerable<DamagedPlace> FindAsync(Guid blob, [EnumeratorCancellation] CancellationToken ct)
    {
        var found = await store.FindAsync(blob, ct);
        if (found.RootName?.Hash is not { } root)
            yield break;
        // What is to be looked into: at most the names of one node a level.
        var open = new Stack<DamagedPlace>();
        open.Push(new DamagedPlace(root, found.Shape.RootLevel, 0));
        if ((await ledger.FindDamagedAsync([root], ct)).Count > 0)
        {
            yield return open.Pop();
        }

        while (open.TryPop(out var place))
        {
            if (_sound.Contains(place.Hash))
                continue;
            if (await ReadAsync(place.Hash, ct) is not { } node)
            {
                yield return place;
                continue;
            }

            var below = Below(place, node);
            var damaged = await ledger.FindDamagedAsync([.. below.Select(b => b.Hash).Distinct()], ct);
            foreach (var one in below)
            {
                if (damaged.Contains(one.Hash))
                    yield return one;
                else if (one.Level >= 0)
                    open.Push(one);
            }

            // Of higher nodes it would have to wait for all below.
            if (place.Level == 0 && damaged.Count == 0 && _sound.Count < MostRemembered)
                _sound.Add(place.Hash);
        }
    }

    public void Dispose() => _chunks.Dispose();

    private static List<DamagedPlace> Below(DamagedPlace place, ManifestNode node)
    {
        var below = new List<DamagedPlace>(node.Names.Count);
        for (var i = 0; i < node.Names.Count; i++)
        {
            if (node.Names[i] is { } name)
                below.Add(new DamagedPlace(name.Hash, place.Level - 1, place.First + (i * ManifestShape.Span(place.Level))));
        }

        return below;
    }

    // What nobody has come across yet is reported now.
    private async Task<ManifestNode?> ReadAsync(ChunkHash name, CancellationToken ct)
    {
        var bytes = new byte[ManifestNode.MaximumSize];
        try
        {
            return ManifestNode.Decode(bytes.AsSpan(0, await _chunks.ReadAsync(name, bytes, ct)));
        }
        catch (Exception unreadable) when (unreadable is ChunkMissingException or ChunkDamagedException or InvalidDataException)
        {
            var places = await store.Index.FindAsync([name], ct);
            await ledger.ReportAsync(name, places.TryGetValue(name, out var place) ? place.Pack : null, unreadable.Message, ct);
            return null;
        }
    }
}
