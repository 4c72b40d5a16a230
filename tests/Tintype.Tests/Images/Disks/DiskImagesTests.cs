using System.Security.Cryptography;
using Tintype.Images.Data;
using Tintype.Images.Data.Blobs;
using Tintype.Images.Disks;
using Tintype.Images.Records;
using Tintype.Images.Stores;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;
using Tintype.Tests.Images.Data;
using Xunit;

namespace Tintype.Tests.Images.Disks;

public sealed class DiskImagesTests : IAsyncDisposable
{
    private const int Length = 4 * 1024 * 1024;

    private static readonly TaskOrigin _origin = new(ImagesRoom.Project, "user", "req-1");

    private readonly ImagesRoom _room = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private IDiskImages Disks => _room.Get<IDiskImages>();

    public ValueTask DisposeAsync() => _room.DisposeAsync();

    [Theory]
    [InlineData("raw")]
    [InlineData("qcow2")]
    public async Task An_image_of_a_disk_is_active_at_once_and_its_hashes_are_of_the_file_that_it_is_served_as(string format)
    {
        var image = await StoreAsync(Noise(1), format, basis: null);
        Assert.Equal((ImageStatus.Active, format, "bare", (long?)Length), (image.Status, image.DiskFormat, image.ContainerFormat, image.VirtualSize));
        Assert.Equal((null, null), (image.Checksum, image.Hash));

        await HashAsync(image);

        var file = await FileAsync(image);
        var hashed = (await _room.FindAsync(image.Id, Ct))!;
        Assert.Equal(image.Size, file.Length);
#pragma warning disable CA5351 // Glance's checksum is MD5.
        Assert.Equal(Convert.ToHexStringLower(MD5.HashData(file)), hashed.Checksum);
#pragma warning restore CA5351
        Assert.Equal(new ImageHash("sha512", Convert.ToHexStringLower(SHA512.HashData(file))), hashed.Hash);
        if (format == "raw")
            Assert.Equal(Noise(1), file);
    }

    [Fact]
    public async Task What_is_kept_of_a_basis_is_there_when_the_basis_has_gone()
    {
        var first = await StoreAsync(Noise(1), "raw", basis: null);
        await using (var made = await Begin("raw", first.BlobId))
        {
            await made.Disk.KeepAsync(Length / 2, Ct);
            await made.Disk.WriteAsync(Noise(2).AsMemory(Length / 2), Ct);
            var added = made.Disk.Added;
            var second = await made.ActivateAsync(new Dictionary<string, string?>(), _origin, (_, _) => Task.CompletedTask, Ct);
            Assert.True(made.Disk.Added < Length * 3 / 4, $"the store has grown by {added}");
            await _room.Get<ISystemImages>().DiscardAsync(first.Id, Ct);
            await _room.Get<BlobCollector>().CollectAsync(sweep: true, Ct);

            byte[] expected = [.. Noise(1)[..(Length / 2)], .. Noise(2)[(Length / 2)..]];
            Assert.Equal(expected, await FileAsync(second));
        }
    }

    [Fact]
    public async Task A_disk_that_is_not_completed_leaves_nothing_and_its_image_can_have_another()
    {
        var id = await _room.QueuedAsync(Ct);
        await using (var made = await Disks.BeginAsync(id, "raw", Length, null, Ct))
        {
            Assert.Equal(ImageStatus.Saving, (await _room.FindAsync(id, Ct))!.Status);
            await made.Disk.WriteAsync(Noise(1), Ct);
        }

        Assert.Equal(ImageStatus.Queued, (await _room.FindAsync(id, Ct))!.Status);
        Assert.Empty(await _room.Get<ImageStores>().Disks.Blobs.ListAsync(Ct).ToListAsync(Ct));
    }

    [Fact]
    public async Task What_shall_be_true_with_the_image_decides_with_it()
    {
        var id = await _room.QueuedAsync(Ct);
        await using (var made = await Disks.BeginAsync(id, "raw", Length, null, Ct))
        {
            await made.Disk.WriteZerosAsync(Length, Ct);
            await Assert.ThrowsAsync<Fault>(() => made.ActivateAsync(new Dictionary<string, string?>(), _origin, (_, _) => throw Fault.Conflict("no"), Ct));
        }

        Assert.Equal(ImageStatus.Queued, (await _room.FindAsync(id, Ct))!.Status);
        Assert.Equal(0, await _room.CountAsync("blobs", Ct));
        Assert.Equal(0, await _room.CountAsync("tasks", Ct));
        Assert.Empty(await _room.Get<ImageStores>().Disks.Blobs.ListAsync(Ct).ToListAsync(Ct));
    }

    [Fact]
    public async Task The_disk_that_was_made_of_a_blob_stays_as_long_as_the_blob()
    {
        var id = await _room.QueuedAsync(Ct);
        var uploaded = (await _room.IngestAsync(id, Noise(1), Ct)).BlobId!.Value;
        Assert.Null(await Disks.FindDiskAsync(uploaded, Ct));

        var disk = await MakeBaseAsync(uploaded);
        await _room.Get<BlobCollector>().CollectAsync(sweep: true, Ct);
        Assert.Equal(disk, await Disks.FindDiskAsync(uploaded, Ct));
        // It is one itself.
        Assert.Equal(disk, await Disks.FindDiskAsync(disk!.Value, Ct));

        await _room.Get<ISystemImages>().DiscardAsync(id, Ct);
        await _room.Get<BlobCollector>().CollectAsync(sweep: false, Ct);
        Assert.Equal(0, await _room.CountAsync("blobs", Ct));
        Assert.Equal(0, await _room.CountAsync("blob_references", Ct));
        Assert.Empty(await _room.Get<ImageStores>().Disks.Blobs.ListAsync(Ct).ToListAsync(Ct));
        Assert.Null(await MakeBaseAsync(uploaded));
        Assert.Empty(await _room.Get<ImageStores>().Disks.Blobs.ListAsync(Ct).ToListAsync(Ct));
    }

    [Fact]
    public async Task What_lies_in_another_store_is_no_basis_here_and_is_made_anew()
    {
        var uploaded = (await _room.IngestAsync(await _room.QueuedAsync(Ct), Noise(1), Ct)).BlobId!.Value;
        var (snapshot, disk) = ((await StoreAsync(Noise(2), "raw", basis: null)).BlobId!.Value, await MakeBaseAsync(uploaded));
        var disks = _room.Get<ImageStores>().Disks.Name;
        await _room.Database.WriteAsync(scope => scope.ExecuteAsync("UPDATE blob_copies SET store = 'of-earlier' WHERE store = @disks", new { disks }), Ct);

        Assert.Equal((null, null), (await Disks.FindDiskAsync(uploaded, Ct), await Disks.FindDiskAsync(snapshot, Ct)));
        var anew = await MakeBaseAsync(uploaded);
        Assert.NotEqual(disk, anew);
        Assert.Equal(anew, await Disks.FindDiskAsync(uploaded, Ct));
    }

    [Fact]
    public async Task Who_holds_a_blob_holds_another_instead_and_the_first_may_go()
    {
        var references = _room.Get<IBlobReferences>();
        var holder = new BlobHolder("checkpoint", Guid.NewGuid());
        var first = await StoreAsync(Noise(1), "qcow2", basis: null);
        var second = await StoreAsync(Noise(2), "qcow2", basis: null);
        foreach (var image in new[] { first, second })
        {
            await _room.Database.WriteAsync(scope => references.HoldBlobAsync(scope, image.BlobId!.Value, holder), Ct);
            await _room.Get<ISystemImages>().DiscardAsync(image.Id, Ct);
            await _room.Get<BlobCollector>().CollectAsync(sweep: false, Ct);
            Assert.Equal(image.BlobId, await references.FindIdAsync(holder, Ct));
        }

        Assert.Equal([second.BlobId!.Value], (await _room.Get<ImageStores>().Disks.Blobs.ListAsync(Ct).ToListAsync(Ct)).Select(blob => blob.Id));
    }

    private async Task<Guid?> MakeBaseAsync(Guid blobId)
    {
        await using var made = await Disks.BeginBaseAsync(blobId, Length, Ct);
        await made.Disk.WriteAsync(Noise(1), Ct);
        return await made.CommitAsync(Ct);
    }

    private async Task<IImageDisk> Begin(string format, Guid? basis) => await Disks.BeginAsync(await _room.QueuedAsync(Ct), format, Length, basis, Ct);

    private async Task<ImageRecord> StoreAsync(byte[] content, string format, Guid? basis)
    {
        await using var made = await Begin(format, basis);
        await made.Disk.WriteAsync(content, Ct);
        return await made.ActivateAsync(new Dictionary<string, string?>(), _origin, (_, _) => Task.CompletedTask, Ct);
    }

    private async Task HashAsync(ImageRecord image)
    {
        var task = Assert.Single(await _room.Get<TaskQueue>().ListAboutAsync(image.Id, Ct));
        var handler = _room.GetAll<ITaskHandler>().Single(h => h.Kind == task.Kind);
        await handler.RunAsync(new TaskContext(task, new TaskMeter(TimeProvider.System)), Ct);
    }

    private async Task<byte[]> FileAsync(ImageRecord image)
    {
        await using var file = await _room.Get<ImageStores>().Disks.Blobs.OpenReadAsync(image.BlobId!.Value, Ct);
        using var all = new MemoryStream();
        await file.CopyToAsync(all, Ct);
        return all.ToArray();
    }

    private static byte[] Noise(int seed)
    {
        var bytes = new byte[Length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
