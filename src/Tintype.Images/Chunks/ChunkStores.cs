using Tintype.Images.Stores;
using Tintype.Platform.Database;
using Tintype.Storage.Chunks;
using Tintype.Storage.Chunks.Collection;

namespace Tintype.Images.Chunks;

/// <summary>The stores of this service that keep chunks, which have to be tended.</summary>
internal sealed class ChunkStores(ImageStores stores, MetadataDatabase database, TimeProvider time)
{
    public IReadOnlyList<ChunkStore> All { get; } = [.. stores.All.Select(store => store.Blobs).OfType<ChunkStore>()];

    public IChunkLedger LedgerOf(ChunkStore store) => new ChunkLedgerRepository(database, store.Name, time);
}
