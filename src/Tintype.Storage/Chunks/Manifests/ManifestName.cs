namespace Tintype.Storage.Chunks.Manifests;

/// <summary>A name in a manifest, of a chunk or of a node.</summary>
/// <param name="Chunks">Chunks that it stands for without those that are zeros; 1 for a chunk.</param>
internal readonly record struct ManifestName(ChunkHash Hash, long Chunks);
