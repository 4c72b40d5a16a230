namespace Tintype.Storage.Chunks.Packs;

/// <summary>Where in a pack a chunk lies.</summary>
/// <param name="Offset">Of its first stored byte in the pack.</param>
/// <param name="StoredLength">Bytes in the pack.</param>
/// <param name="Length">Bytes of the chunk itself.</param>
public readonly record struct PackEntry(ChunkHash Hash, ChunkEncoding Encoding, long Offset, int StoredLength, int Length);
