using Tintype.DiskFormats.Qcow2;
using Tintype.Storage.Chunks.Manifests;

namespace Tintype.Storage.Chunks.Scrubbing;

/// <summary>
/// Stores a damaged part of a blob anew, from content that somebody else has. It is cut, hashed and named as when it was first written;
/// since no writer relies on what has been reported, that is stored again, and everything that shares it is healed with it. What the
/// content must be, the name says: any source will do, and a wrong one does no harm.
/// </summary>
public sealed class ChunkHealing(ChunkStore store)
{
    /// <param name="content">Gives the blob's content: for a disk what a guest sees on it, whatever it is served as.</param>
    /// <returns>False if the content is another than the blob's there.</returns>
    /// <exception cref="IOException">The content cannot be read, or the store not be written to.</exception>
    public async Task<bool> HealAsync(Guid blob, DamagedPlace place, DiskReader content, CancellationToken ct)
    {
        var shape = (await store.FindAsync(blob, ct)).Shape;
        await using var session = await store.BeginAsync(basis: null, ct);
        if ((await WriteAsync(session, shape, place.Level, place.First, content, ct))?.Hash != place.Hash)
            return false;
        await session.CompleteAsync(ct);
        await session.EndAsync(ct);
        return true;
    }

    private static async Task<ManifestName?> WriteAsync(ChunkSession session, ManifestShape shape, int level, long first, DiskReader content, CancellationToken ct)
    {
        if (level < 0)
            return await WriteAsync(session, shape, first, content, ct);
        var names = new ManifestName?[shape.SlotsOf(level, first)];
        for (var i = 0; i < names.Length; i++)
            names[i] = await WriteAsync(session, shape, level - 1, first + (i * ManifestShape.Span(level)), content, ct);
        if (Array.TrueForAll(names, name => name is null))
            return null;
        var node = new ManifestNode(level, names);
        return new ManifestName(await session.WriteAsync(node.Encode(), ct), node.Chunks);
    }

    private static async Task<ManifestName?> WriteAsync(ChunkSession session, ManifestShape shape, long chunk, DiskReader content, CancellationToken ct)
    {
        var bytes = new byte[shape.LengthOf(chunk)];
        await content(chunk * shape.ChunkSize, bytes, ct);
        return bytes.AsSpan().ContainsAnyExcept((byte)0) ? new ManifestName(await session.WriteAsync(bytes, ct), 1) : null;
    }
}
