using Tintype.Storage.Chunks.Manifests;

namespace Tintype.Storage.Chunks;

/// <summary>
/// Finds out what of a store one blob alone needs. Its names are held in memory, a part of them at a time if they are many: each part
/// costs a walk over all manifests.
/// </summary>
/// <param name="blobs">All that the store has.</param>
internal sealed class ChunkMeasure(ChunkStore store, Func<IAsyncEnumerable<ChunkedBlob>> blobs)
{
    // 64 MiB or so; 64 GiB of disk.
    private const int NamesAtOnce = 1 << 20;

    private const int LookedUpTogether = 1024;

    public async Task<StoredSizes> MeasureAsync(ChunkedBlob blob, CancellationToken ct)
    {
        if (blob.RootName is not { } root)
            return default;
        var parts = (uint)((blob.Chunks / NamesAtOnce) + 1);
        var sizes = default(StoredSizes);
        for (uint part = 0; part < parts; part++)
        {
            var own = await OwnAsync(blob, root.Hash, name => (uint)name.GetHashCode() % parts == part, ct);
            await MarkSharedAsync(blob, own, ct);
            sizes = await AddAsync(sizes, own, ct);
        }

        return sizes;
    }

    /// <summary>The blob's names, each once, with whether another has it: none as yet.</summary>
    private async Task<Dictionary<ChunkHash, bool>> OwnAsync(ChunkedBlob blob, ChunkHash root, Func<ChunkHash, bool> belongs, CancellationToken ct)
    {
        var own = new Dictionary<ChunkHash, bool>();
        using var chunks = store.OpenChunks(root);
        await foreach (var name in new ManifestWalk(chunks).NamesAsync(blob.Shape, root, ct))
        {
            if (belongs(name))
                own.TryAdd(name, false);
        }

        return own;
    }

    private async Task MarkSharedAsync(ChunkedBlob blob, Dictionary<ChunkHash, bool> own, CancellationToken ct)
    {
        using var chunks = store.OpenChunks(null);
        var walk = new ManifestWalk(chunks);
        var itself = false;
        await foreach (var other in blobs().WithCancellation(ct))
        {
            // The first of its kind is the blob itself; a second one shares all.
            if (!itself && other == blob)
                itself = true;
            else if (other.RootName is { } root)
            {
                using var held = store.OpenRoots.Hold(root.Hash);
                await foreach (var name in walk.NamesAsync(other.Shape, root.Hash, ct))
                {
                    if (own.ContainsKey(name))
                        own[name] = true;
                }
            }
        }
    }

    private async Task<StoredSizes> AddAsync(StoredSizes sizes, Dictionary<ChunkHash, bool> own, CancellationToken ct)
    {
        foreach (var some in own.Keys.Chunk(LookedUpTogether))
        {
            foreach (var (name, place) in await store.Index.FindAsync(some, ct))
            {
                sizes = own[name]
                    ? sizes with { Shared = sizes.Shared + place.Entry.StoredLength }
                    : sizes with { Unique = sizes.Unique + place.Entry.StoredLength };
            }
        }

        return sizes;
    }
}
