using Tintype.Storage;
using Tintype.Storage.Chunks;
using Tintype.Storage.Chunks.Packs;
using Tintype.Storage.Local;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.StoreContract.Chunks;

public sealed class ChunkBlobStoreTests : BlobStoreContract
{
    protected override StoreUnderTest Create() => new ChunkStoreUnderTest();
}

public sealed class ChunkRangeReadableTests : RangeReadableContract
{
    protected override StoreUnderTest Create() => new ChunkStoreUnderTest();
}

public sealed class ChunkSparseWritableTests : SparseWritableContract
{
    protected override StoreUnderTest Create() => new ChunkStoreUnderTest();
}

public sealed class ChunkFullStoreTests : FullStoreContract
{
    protected override async Task<StoreUnderTest> CreateSmallAsync() => new SmallStore(await SmallDisk.MountAsync());

    private sealed class SmallStore(SmallFileSystem disk) : ChunkStoreUnderTest(disk.Path), ISmallStore
    {
        public long TooMuch => 8 << 20;

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            await disk.DisposeAsync();
        }
    }
}

public sealed class ChunkDiskStoreTests : DiskStoreContract
{
    protected override StoreUnderTest Create() => new ChunkStoreUnderTest();
}

/// <summary>What this store promises beyond what every store does.</summary>
public sealed class ChunkStoreTests
{
    private const int Mib = 1 << 20;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_there_already_is_not_stored_again()
    {
        await using var under = new ChunkStoreUnderTest();
        var bytes = Blobs.Pattern(8 * Mib, 1);
        await under.Store.WriteAsync(bytes, Ct);
        var once = under.Stored;
        Assert.InRange(once, bytes.Length, bytes.Length * 1.01);

        await under.Store.WriteAsync(bytes, Ct);
        Assert.Equal(once, under.Stored);

        // A mebibyte changes: it is stored, with the node above it and what a pack has of its own.
        Blobs.Pattern(Mib, 2).CopyTo(bytes, 3 * Mib);
        var changed = await under.Store.WriteAsync(bytes, Ct);
        Assert.InRange(under.Stored - once, Mib, Mib + (20 * 1024));
        Assert.Equal(bytes, await under.Reopen().ReadAsync(changed, Ct));
    }

    [Fact]
    public async Task Zeros_and_repetitions_take_no_room()
    {
        await using var under = new ChunkStoreUnderTest();
        var id = await under.Store.WriteAsync(new byte[5 * Mib], Ct);
        Assert.Equal(0, under.Stored);
        Assert.Equal(new byte[5 * Mib], await under.Store.ReadAsync(id, Ct));

        var piece = Blobs.Pattern(65536, 1);
        byte[] repeated = [.. Enumerable.Repeat(piece, 100).SelectMany(b => b)];
        id = await under.Store.WriteAsync(repeated, Ct);
        Assert.InRange(under.Stored, 65536, 65536 + (8 * 1024));
        Assert.Equal(repeated, await under.Store.ReadAsync(id, Ct));
    }

    [Fact]
    public async Task Two_that_write_the_same_at_once_both_have_it()
    {
        await using var under = new ChunkStoreUnderTest();
        var bytes = Blobs.Pattern(4 * Mib, 1);
        var ids = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => under.Store.WriteAsync(bytes, Ct))));
        foreach (var id in ids)
            Assert.Equal(bytes, await under.Store.ReadAsync(id, Ct));
    }

    [Fact]
    public async Task A_damaged_chunk_is_never_given_out_and_is_named()
    {
        await using var under = new ChunkStoreUnderTest();
        var bytes = Blobs.Pattern(Mib, 1);
        var id = await under.Store.WriteAsync(bytes, Ct);
        var pack = Assert.Single(under.PackFiles);
        await using (var file = new FileStream(pack, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = 500_000;
            var one = file.ReadByte();
            file.Position = 500_000;
            file.WriteByte((byte)(one ^ 1));
        }

        var damaged = await Assert.ThrowsAsync<ChunkDamagedException>(() => under.Store.ReadAsync(id, Ct));
        var chunk = bytes.AsSpan((500_000 - 8) / 65536 * 65536, 65536);
        Assert.Equal(ChunkHash.Of(chunk), damaged.Hash);
        // What lies elsewhere is read as before.
        await using var range = await ((IRangeReadable)under.Store).OpenRangeAsync(id, 600_000, 10_000, Ct);
        Assert.Equal(bytes[600_000..610_000], await range.ToArrayAsync(Ct));

        await using (var file = new FileStream(pack, FileMode.Open, FileAccess.Write))
            file.SetLength(400_000);
        await Assert.ThrowsAsync<ChunkMissingException>(() => under.Store.ReadAsync(id, Ct));
        File.Delete(pack);
        await Assert.ThrowsAsync<ChunkMissingException>(() => under.Store.ReadAsync(id, Ct));
    }

    [Fact]
    public async Task The_index_is_made_anew_from_the_packs()
    {
        await using var under = new ChunkStoreUnderTest();
        var bytes = Blobs.Pattern(3 * Mib, 1);
        var id = await under.Store.WriteAsync(bytes, Ct);

        var packs = LocalStore.Open("packs", under.Packs);
        var index = under.OpenIndex("another.db");
        foreach (var pack in await packs.EntriesAsync(Ct))
            await index.AddAsync(pack.Id, pack.Length, await PackIndex.ReadAsync(packs, pack.Id, pack.Length, Ct), Ct);

        var store = new ChunkStore("chunks", LocalStore.Open("records", under.Records), packs, index);
        Assert.Equal(bytes, await store.ReadAsync(id, Ct));
    }

    [Fact]
    public async Task A_record_that_is_no_record_is_refused_with_its_name()
    {
        await using var under = new ChunkStoreUnderTest();
        var id = await under.Store.WriteAsync(Blobs.Pattern(1000, 1), Ct);
        foreach (var record in (string[])["", "{", "[]", "{}", """{"format":"other","version":1}""", Record(version: 2), Record(length: -1), Record(chunkSize: 0), Record(chunks: 0), Record(chunks: 2), Record(root: "abc"),
            Record(root: new string('x', 64)), Record(root: null), Record(file: "vmdk"), Record(fileLength: 513), Record(layout: 1),
            Record(file: "qcow2"), Record(file: "qcow2", layout: 2, fileLength: 393216), Record(length: 513, file: "qcow2", layout: 1, fileLength: 393216)])
        {
            await File.WriteAllTextAsync(Path.Combine(under.Records, id.ToString()), record, Ct);
            var refused = await Assert.ThrowsAsync<InvalidDataException>(() => under.Store.OpenReadAsync(id, Ct));
            Assert.Contains(id.ToString(), refused.Message, StringComparison.Ordinal);
            Assert.Equal(id, Assert.Single(await under.Store.EntriesAsync(Ct)).Id);
        }

        await File.WriteAllTextAsync(Path.Combine(under.Records, id.ToString()), Record(), Ct);
        await (await under.Store.OpenReadAsync(id, Ct)).DisposeAsync();
    }

    private const string SomeRoot = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    private static string Record(int version = 1, long length = 512, int chunkSize = 65536, long chunks = 1, string? root = SomeRoot, string file = "raw", int? layout = null, long fileLength = 512)
    {
        var fields = new List<string> { "\"format\":\"tintype-chunks\"", $"\"version\":{version}", $"\"length\":{length}", $"\"chunk_size\":{chunkSize}", $"\"chunks\":{chunks}" };
        if (root is not null)
            fields.Add($"\"root\":\"{root}\"");
        fields.Add($"\"file\":\"{file}\"");
        if (layout is not null)
            fields.Add($"\"layout\":{layout}");
        fields.Add($"\"file_length\":{fileLength}");
        return $"{{{string.Join(',', fields)}}}";
    }
}
