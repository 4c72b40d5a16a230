using Tintype.Storage.Chunks.Manifests;

namespace Tintype.Storage.Chunks.Collection;

/// <summary>
/// Finds everything that is needed: what lies below the records of the store, below the manifests that running sessions take over parts
/// from, and below what is being read.
/// <code>
/// records, then bases, then readers ─► board ─► a node ─► read ─► what it names ─► board …
/// </code>
/// The order of the roots matters: who has ended writing when the bases are listed has left a record, or still stands among the bases.
/// A node that several manifests share is looked into once.
/// </summary>
internal sealed class ChunkMark(ChunkStore store, IChunkLedger ledger, IMarkBoard board)
{
    private const int AtOnce = 32;

    /// <exception cref="MarkBrokenException">What is needed cannot be told: something that leads to it cannot be read.</exception>
    public async Task RunAsync(Mark mark, CancellationToken ct)
    {
        if (!await board.BeginAsync(mark.Number, ct))
        {
            await AddRootsAsync(ct);
            await board.CloseRootsAsync(ct);
        }

        using var chunks = store.OpenChunks(null);
        while (await board.NextAsync(AtOnce, ct) is { Count: > 0 } nodes)
        {
            var lookedInto = new List<LookedInto>(nodes.Count);
            foreach (var name in nodes)
                lookedInto.Add(await LookIntoAsync(name, chunks, ct));
            await board.ReachAsync(lookedInto, ct);
        }
    }

    private async Task AddRootsAsync(CancellationToken ct)
    {
        var roots = new HashSet<ChunkHash>();
        await foreach (var record in store.Records.ListAsync(ct))
        {
            if (record.Committed && await FindRootAsync(record.Id, ct) is { } root && roots.Add(root) && roots.Count == 1024)
            {
                await board.AddAsync(roots, ct);
                roots.Clear();
            }
        }

        roots.UnionWith(await ledger.ListBasesAsync(ct));
        roots.UnionWith(store.OpenRoots.Snapshot());
        await board.AddAsync(roots, ct);
    }

    private async Task<ChunkHash?> FindRootAsync(Guid id, CancellationToken ct)
    {
        try
        {
            return (await store.FindAsync(id, ct)).RootName?.Hash;
        }
        catch (BlobNotFoundException)
        {
            // Deleted since it was listed.
            return null;
        }
        catch (InvalidDataException unreadable)
        {
            throw new MarkBrokenException(unreadable.Message, unreadable);
        }
    }

    private async Task<LookedInto> LookIntoAsync(ChunkHash name, PackedChunks chunks, CancellationToken ct)
    {
        var bytes = new byte[ManifestNode.MaximumSize];
        try
        {
            var node = ManifestNode.Decode(bytes.AsSpan(0, await chunks.ReadAsync(name, bytes, ct)));
            return new LookedInto(name, node.Level - 1, [.. node.Names.OfType<ManifestName>().Select(below => below.Hash)]);
        }
        catch (Exception unreadable) when (unreadable is ChunkMissingException or ChunkDamagedException or InvalidDataException)
        {
            var places = await store.Index.FindAsync([name], ct);
            await ledger.ReportAsync(name, places.TryGetValue(name, out var place) ? place.Pack : null, unreadable.Message, ct);
            throw new MarkBrokenException($"The node {name} of a manifest cannot be read, and what is below it not be told from garbage. {unreadable.Message}", unreadable);
        }
    }
}

/// <summary>A mark could not be finished, so that nothing may be condemned.</summary>
public sealed class MarkBrokenException(string message, Exception inner) : IOException(message, inner);
