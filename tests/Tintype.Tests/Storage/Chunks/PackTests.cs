using System.Text;
using Tintype.Storage.Chunks;
using Tintype.Storage.Chunks.Packs;
using Tintype.Storage.Local;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.Tests.Storage.Chunks;

public sealed class PackTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly LocalStore _store;

    public PackTests() => _store = LocalStore.Open("packs", _folder.Combine("store"));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Chunks_are_found_again_by_the_packs_own_index()
    {
        var chunks = Chunks().ToList();
        var (id, entries) = await WriteAsync(chunks);

        var found = await PackIndex.ReadAsync(_store, id, new FileInfo(_store.PathOf(id)).Length, Ct);

        Assert.Equal(entries, found);
        using var codec = new ChunkCodec();
        foreach (var (chunk, entry) in chunks.Zip(found))
        {
            await using var stored = await _store.OpenRangeAsync(id, entry.Offset, entry.StoredLength, Ct);
            var bytes = new byte[entry.StoredLength];
            await stored.ReadExactlyAsync(bytes, Ct);
            var restored = new byte[entry.Length];
            codec.Decode(entry.Hash, entry.Encoding, bytes, restored);
            Assert.Equal(chunk, restored);
        }
    }

    [Fact]
    public async Task A_pack_that_is_not_committed_is_nowhere()
    {
        await using (var pack = await PackWriter.CreateAsync(_store, Guid.NewGuid(), Ct))
            await pack.AppendAsync(ChunkHash.Of([1]), ChunkEncoding.Plain, new byte[] { 1 }, 1, Ct);
        Assert.Empty(await _store.ListAsync(Ct).ToListAsync(Ct));
    }

    [Fact]
    public async Task Any_change_to_the_index_or_the_footer_is_seen_and_so_is_any_cut()
    {
        var (id, entries) = await WriteAsync([.. Chunks()]);
        var whole = await File.ReadAllBytesAsync(_store.PathOf(id), Ct);
        var end = (entries.Count * PackFormat.EntrySize) + PackFormat.FooterSize;
        for (var at = whole.Length - end; at < whole.Length; at++)
        {
            var damaged = whole.ToArray();
            damaged[at] ^= 0x40;
            await RefuseAsync(damaged);
        }

        for (var length = 0; length < whole.Length; length += 1 + (length / 50))
            await RefuseAsync(whole[..length]);
    }

    [Fact]
    public void A_chunk_that_was_changed_is_never_returned()
    {
        using var codec = new ChunkCodec();
        foreach (var chunk in Chunks().Where(c => c.Length > 0))
        {
            var (encoding, target) = Encode(codec, chunk);
            var length = target.Length;
            var hash = ChunkHash.Of(chunk);
            for (var round = 0; round < 100; round++)
            {
                var damaged = target[..length];
                damaged[round * length / 100] ^= (byte)(1 << (round % 8));
                var failure = Record.Exception(() => codec.Decode(hash, encoding, damaged, new byte[chunk.Length]));
                // zstd's frames have a few bits that mean nothing.
                Assert.True(failure is ChunkDamagedException || Restores(codec, hash, encoding, damaged, chunk), $"round {round} of {encoding}");
            }

            Assert.Throws<ChunkDamagedException>(() => codec.Decode(hash, encoding, target.AsSpan(0, length - 1), new byte[chunk.Length]));
            Assert.Throws<ChunkDamagedException>(() => codec.Decode(hash, encoding, target.AsSpan(0, length), new byte[chunk.Length + 1]));
            Assert.Throws<ChunkDamagedException>(() => codec.Decode(hash, (ChunkEncoding)9, target.AsSpan(0, length), new byte[chunk.Length]));
        }
    }

    [Fact]
    public void Only_what_gets_smaller_is_compressed()
    {
        using var codec = new ChunkCodec();
        var random = new byte[65536];
        new Random(1).NextBytes(random);
        Assert.False(codec.TryCompress(random, out _));

        var text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("all work and no play ", 4000)))[..65536];
        Assert.True(codec.TryCompress(text, out var compressed));
        Assert.InRange(compressed.Length, 1, 4096);
    }

    private static bool Restores(ChunkCodec codec, ChunkHash hash, ChunkEncoding encoding, byte[] stored, byte[] expected)
    {
        var restored = new byte[expected.Length];
        codec.Decode(hash, encoding, stored, restored);
        return restored.AsSpan().SequenceEqual(expected);
    }

    private static IEnumerable<byte[]> Chunks()
    {
        var random = new Random(5);
        foreach (var length in new[] { 0, 1, 100, 9000, 65535, 65536 })
        {
            var noise = new byte[length];
            random.NextBytes(noise);
            yield return noise;
            yield return [.. Enumerable.Range(0, length).Select(i => (byte)(i / 100))];
        }
    }

    private static (ChunkEncoding Encoding, byte[] Stored) Encode(ChunkCodec codec, byte[] chunk) =>
        codec.TryCompress(chunk, out var compressed) ? (ChunkEncoding.Zstandard, compressed.ToArray()) : (ChunkEncoding.Plain, chunk.ToArray());

    private async Task<(Guid Id, IReadOnlyList<PackEntry> Entries)> WriteAsync(IReadOnlyList<byte[]> chunks)
    {
        using var codec = new ChunkCodec();
        await using var pack = await PackWriter.CreateAsync(_store, Guid.NewGuid(), Ct);
        foreach (var chunk in chunks)
        {
            var (encoding, stored) = Encode(codec, chunk);
            await pack.AppendAsync(ChunkHash.Of(chunk), encoding, stored, chunk.Length, Ct);
        }

        await pack.CommitAsync(Ct);
        return (pack.Id, pack.Entries);
    }

    private async Task RefuseAsync(byte[] pack)
    {
        var id = Guid.NewGuid();
        await File.WriteAllBytesAsync(Path.Combine(_folder.Combine("store"), id.ToString()), pack, Ct);
        await Assert.ThrowsAsync<InvalidDataException>(() => PackIndex.ReadAsync(_store, id, pack.Length, Ct));
        await _store.DeleteAsync(id, Ct);
    }
}
