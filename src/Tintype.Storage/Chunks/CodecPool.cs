using System.Collections.Concurrent;

namespace Tintype.Storage.Chunks;

/// <summary>Codecs that wait for work: each has some hundred kilobytes of its own, and is needed for a moment at a time.</summary>
internal static class CodecPool
{
    private static readonly ConcurrentBag<ChunkCodec> _idle = [];

    public static ChunkCodec Take() => _idle.TryTake(out var codec) ? codec : new ChunkCodec();

    public static void Return(ChunkCodec codec)
    {
        // As many as can work at once.
        if (_idle.Count < Environment.ProcessorCount)
            _idle.Add(codec);
        else
            codec.Dispose();
    }
}
