using Tintype.Storage;

namespace Tintype.StoreContract;

/// <summary>What every contract test does to a store.</summary>
internal static class Blobs
{
    /// <summary>Bytes that differ from one position to the next block's, so that misplaced ones are seen.</summary>
    public static byte[] Pattern(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static async Task<Guid> WriteAsync(this IBlobStore store, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        var id = Guid.NewGuid();
        await using var writer = await store.CreateAsync(id, ct);
        await writer.WriteAsync(bytes, ct);
        await writer.CommitAsync(ct);
        return id;
    }

    public static async Task<byte[]> ReadAsync(this IBlobStore store, Guid id, CancellationToken ct)
    {
        await using var stream = await store.OpenReadAsync(id, ct);
        return await stream.ToArrayAsync(ct);
    }

    public static async Task<byte[]> ToArrayAsync(this Stream stream, CancellationToken ct)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, ct);
        return bytes.ToArray();
    }

    public static async Task<List<StoredBlob>> EntriesAsync(this IBlobStore store, CancellationToken ct) => await store.ListAsync(ct).ToListAsync(ct);
}
