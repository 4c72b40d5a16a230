namespace Tintype.Storage.Chunks.Packs;

/// <summary>Reads from a pack what it holds: for whoever has lost the index over all packs.</summary>
internal static class PackIndex
{
    /// <param name="length">Bytes of the pack, as the store lists it.</param>
    /// <exception cref="InvalidDataException">It is no pack, or a damaged one; the sentence says how.</exception>
    public static async Task<IReadOnlyList<PackEntry>> ReadAsync(IRangeReadable store, Guid id, long length, CancellationToken ct)
    {
        if (length < PackFormat.HeaderSize + PackFormat.FooterSize)
            throw new InvalidDataException($"With {length} bytes it is too short for a pack.");
        var footer = await ReadAsync(store, id, length - PackFormat.FooterSize, PackFormat.FooterSize, ct);
        var indexLength = PackFormat.ReadFooter(footer, length) * PackFormat.EntrySize;
        var indexOffset = length - PackFormat.FooterSize - indexLength;
        var index = await ReadAsync(store, id, indexOffset, indexLength, ct);
        return PackFormat.ReadIndex(index, footer, indexOffset - PackFormat.HeaderSize);
    }

    private static async Task<byte[]> ReadAsync(IRangeReadable store, Guid id, long offset, int length, CancellationToken ct)
    {
        var bytes = new byte[length];
        await using var stream = await store.OpenRangeAsync(id, offset, length, ct);
        await stream.ReadExactlyAsync(bytes, ct);
        return bytes;
    }
}
