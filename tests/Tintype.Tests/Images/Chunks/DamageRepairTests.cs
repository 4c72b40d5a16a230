using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Images.Chunks;
using Tintype.Images.Chunks.Scrubbing;
using Tintype.Images.Data.Blobs;
using Tintype.Images.Stores;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Storage;
using Tintype.Storage.Chunks;
using Tintype.Storage.Local;
using Tintype.Tests.Images.Data;
using Xunit;

namespace Tintype.Tests.Images.Chunks;

/// <summary>The scrub finds what has been damaged, names the images, and heals them from whatever other store has them.</summary>
public sealed class DamageRepairTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_damaged_chunk_names_its_images_and_is_healed_once_there_is_another_copy()
    {
        await using var room = new ImagesRoom(WithTwoStores);
        var content = ChunkWorld.Content(1, 2, 3);
        var (hurt, also, sound) = (await IngestAsync(room, content), await IngestAsync(room, ChunkWorld.Content(4, 2)), await IngestAsync(room, ChunkWorld.Content(5)));
        await FlipAsync(room, ChunkHash.Of(ChunkWorld.Content(2)));

        await ScrubAsync(room);
        var damages = await room.Get<DamageRepository>().ListAsync("chunks", Ct);
        Assert.Equal(new[] { hurt.Image, also.Image }.Order(), damages.Select(d => d.ImageId!.Value).Order());
        Assert.All(damages, d => Assert.Equal((1, "No other store has a copy of it.", "disk"), (d.Places, d.Obstacle, d.ImageName)));
        Assert.All(damages, d => Assert.Contains("is damaged", d.Reason, StringComparison.Ordinal));
        Assert.Equal((1, 0), await room.Get<DamageRepository>().CountAsync("chunks", Ct));

        // One of the two has a copy: what they share is healed for both.
        await CopyAsync(room, hurt.Blob, content);
        await ScrubAsync(room);
        Assert.Empty(await room.Get<DamageRepository>().ListAsync("chunks", Ct));
        Assert.Equal((0, 1), await room.Get<DamageRepository>().CountAsync("chunks", Ct));
        Assert.Equal(content, await ReadAsync(room, hurt.Blob));
        Assert.Equal(ChunkWorld.Content(4, 2), await ReadAsync(room, also.Blob));
        Assert.Equal(ChunkWorld.Content(5), await ReadAsync(room, sound.Blob));
    }

    [Fact]
    public async Task A_copy_that_is_another_does_no_harm()
    {
        await using var room = new ImagesRoom(WithTwoStores);
        var hurt = await IngestAsync(room, ChunkWorld.Content(1, 2));
        await CopyAsync(room, hurt.Blob, ChunkWorld.Content(1, 3));
        await FlipAsync(room, ChunkHash.Of(ChunkWorld.Content(2)));

        await ScrubAsync(room);
        var damage = Assert.Single(await room.Get<DamageRepository>().ListAsync("chunks", Ct));
        Assert.Equal("The copy in the store 'local' is another than what was stored here.", damage.Obstacle);
        await Assert.ThrowsAsync<ChunkDamagedException>(() => ReadAsync(room, hurt.Blob));

        // Whoever uploads the same heals it.
        await IngestAsync(room, ChunkWorld.Content(2));
        Assert.Empty(await room.Get<DamageRepository>().ListAsync("chunks", Ct));
        Assert.Equal(ChunkWorld.Content(1, 2), await ReadAsync(room, hurt.Blob));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Missing_and_truncated_packs_are_made_good(bool truncated)
    {
        await using var room = new ImagesRoom(WithTwoStores);
        var content = ChunkWorld.Content([.. Enumerable.Range(1, 300)]);
        var hurt = await IngestAsync(room, content);
        await CopyAsync(room, hurt.Blob, content);
        foreach (var pack in Directory.EnumerateFiles(PacksOf(room)).Where(file => Path.GetFileName(file) != "store-format"))
        {
            if (truncated)
            {
                await using var file = new FileStream(pack, FileMode.Open);
                file.SetLength(file.Length / 2);
            }
            else
            {
                File.Delete(pack);
            }
        }

        await ScrubAsync(room);
        Assert.Empty(await room.Get<DamageRepository>().ListAsync("chunks", Ct));
        Assert.Equal(content, await ReadAsync(room, hurt.Blob));
    }

    [Fact]
    public async Task A_disk_that_is_served_as_qcow2_is_healed_from_its_file()
    {
        await using var room = new ImagesRoom(WithTwoStores);
        var content = ChunkWorld.Content([.. Enumerable.Range(1, 20), .. new int[280], 21, 22]);
        var (image, _) = await IngestAsync(room, [1]);
        var disk = Guid.NewGuid();
        await using (var writer = await ((IDiskStore)Chunks(room)).CreateDiskAsync(disk, content.Length, DiskFileFormat.Qcow2, null, Ct))
        {
            await writer.WriteAsync(content, Ct);
            await writer.CommitAsync(Ct);
        }

        var file = await ReadAsync(room, disk);
        await room.Database.WriteAsync(async scope =>
        {
            await room.Get<BlobRepository>().InsertAsync(scope, disk, file.Length, "qcow2", content.Length);
            await room.Get<BlobRepository>().InsertCopyAsync(scope, new BlobCopy(disk, "chunks", null));
            await scope.ExecuteAsync("UPDATE images SET blob_id = @disk WHERE id = @image", new { disk = disk.ToString(), image = image.ToString() });
        }, Ct);
        await room.Get<BlobCollector>().CollectAsync(sweep: false, Ct);
        await CopyAsync(room, disk, file);
        // All of it, nodes too: as if the medium had turned every chunk.
        foreach (var hash in await room.Database.ReadAsync(db => db.QueryAsync<byte[]>("SELECT hash FROM chunks WHERE store = 'chunks'"), Ct))
            await FlipAsync(room, new ChunkHash(hash));

        await ScrubAsync(room);
        Assert.Empty(await room.Get<DamageRepository>().ListAsync("chunks", Ct));
        Assert.Equal(file, await ReadAsync(room, disk));
    }

    [Fact]
    public async Task A_lost_record_is_told()
    {
        await using var room = new ImagesRoom(WithTwoStores);
        var (image, blob) = await IngestAsync(room, ChunkWorld.Content(1));
        File.Delete(Path.Combine(room.Get<DataDirectory>().Folder("chunks/records"), blob.ToString()));
        await ScrubAsync(room);
        var damage = Assert.Single(await room.Get<DamageRepository>().ListAsync("chunks", Ct));
        Assert.Equal((image, $"The store 'chunks' has no blob {blob}."), (damage.ImageId, damage.Reason));
    }

    private static void WithTwoStores(IServiceCollection services) => services.AddSingleton(provider =>
    {
        var data = provider.GetRequiredService<DataDirectory>();
        var index = new ChunkIndexRepository(provider.GetRequiredService<MetadataDatabase>(), "chunks", TimeProvider.System);
        var chunks = new ChunkStore("chunks", LocalStore.Open("chunks", data.Folder("chunks/records")), LocalStore.Open("chunks", data.Folder("chunks/packs")), index);
        var properties = new Dictionary<string, string>();
        return new ImageStores(
            [new ImageStore("chunks", "chunks", null, 0, chunks, properties), new ImageStore("local", "file", null, 0, LocalStore.Open("local", data.Folder("images")), properties)],
            "chunks", "chunks", TimeProvider.System);
    });

    private static ChunkStore Chunks(ImagesRoom room) => (ChunkStore)room.Store;

    private static string PacksOf(ImagesRoom room) => room.Get<DataDirectory>().Folder("chunks/packs");

    private static async Task<(Guid Image, Guid Blob)> IngestAsync(ImagesRoom room, byte[] content)
    {
        var id = await room.QueuedAsync(Ct);
        return (id, (await room.IngestAsync(id, content, Ct)).BlobId!.Value);
    }

    private static async Task CopyAsync(ImagesRoom room, Guid blob, byte[] file)
    {
        Assert.True(room.Get<ImageStores>().TryFind("local", out var local));
        await using (var writer = await local.Blobs.CreateAsync(blob, Ct))
        {
            await writer.WriteAsync(file, Ct);
            await writer.CommitAsync(Ct);
        }

        await room.Database.WriteAsync(scope => room.Get<BlobRepository>().InsertCopyAsync(scope, new BlobCopy(blob, "local", null)), Ct);
    }

    private static Task ScrubAsync(ImagesRoom room) => room.Get<ChunkScrubber>().RunAsync(static _ => true, Ct);

    private static async Task<byte[]> ReadAsync(ImagesRoom room, Guid blob)
    {
        await using var stream = await room.Store.OpenReadAsync(blob, Ct);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, Ct);
        return bytes.ToArray();
    }

    /// <summary>Turns a bit in the middle of what is stored of a chunk.</summary>
    private static async Task FlipAsync(ImagesRoom room, ChunkHash hash)
    {
        var place = (await new ChunkIndexRepository(room.Database, "chunks", TimeProvider.System).FindAsync([hash], Ct))[hash];
        await using var file = new FileStream(Path.Combine(PacksOf(room), place.Pack.ToString()), FileMode.Open, FileAccess.ReadWrite);
        file.Position = place.Entry.Offset + (place.Entry.StoredLength / 2);
        var one = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(one ^ 1));
    }
}
