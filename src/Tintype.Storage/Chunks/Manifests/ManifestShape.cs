namespace Tintype.Storage.Chunks.Manifests;

/// <summary>
/// The shape of the tree over a run of bytes: it follows from the length alone, so that an equal part of two equally shaped trees is
/// the same node. A node of level 0 names chunks, one of level n nodes of level n - 1; <see cref="FanOut"/> each.
/// </summary>
/// <param name="Length">Bytes of the whole.</param>
/// <param name="ChunkSize">Bytes of a chunk; the last one may be shorter.</param>
public readonly record struct ManifestShape(long Length, int ChunkSize)
{
    /// <summary>Names in a node. 256 chunks of 64 KiB are 16 MiB under a node of 8 KiB.</summary>
    public const int FanOut = 256;

    /// <summary>The size of chunks that this version writes: that of a qcow2's cluster, which is the unit in which QEMU tells what has changed.</summary>
    public const int DefaultChunkSize = 64 * 1024;

    /// <summary>That of the root over the largest disk that there can be: 2^63 bytes in chunks of 512.</summary>
    public const int HighestLevel = 6;

    public long Chunks => (Length + ChunkSize - 1) / ChunkSize;

    /// <summary>The level of the root.</summary>
    public int RootLevel
    {
        get
        {
            var level = 0;
            for (var covered = (long)FanOut; covered < Chunks; covered *= FanOut)
                level++;
            return level;
        }
    }

    /// <summary>Bytes of one chunk.</summary>
    public int LengthOf(long chunk) => (int)Math.Min(ChunkSize, Length - (chunk * ChunkSize));

    /// <summary>Chunks under one name in a node of this level.</summary>
    public static long Span(int level)
    {
        var span = 1L;
        for (; level > 0; level--)
            span *= FanOut;
        return span;
    }

    /// <summary>The first chunk that is not under the name, in a node of this level, under which <paramref name="chunk"/> is.</summary>
    public static long EndOf(int level, long chunk) => (chunk / Span(level) * Span(level)) + Span(level);

    /// <summary>Chunks, of this length, under the name in a node of this level under which <paramref name="chunk"/> is.</summary>
    public long ChunksOf(int level, long chunk) => Math.Min(EndOf(level, chunk), Chunks) - EndOf(level, chunk) + Span(level);

    /// <summary>Names in the node of this level under which <paramref name="chunk"/> is.</summary>
    public int SlotsOf(int level, long chunk) => (int)((ChunksOf(level + 1, chunk) + Span(level) - 1) / Span(level));
}
