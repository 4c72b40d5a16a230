using Tintype.Images.Data;
using Tintype.Images.Data.Blobs;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Records;
using Xunit;

namespace Tintype.Tests.Images.Data;

/// <summary>What nothing refers to goes; what anything refers to, or is on its way, stays.</summary>
public sealed class BlobCollectorTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_data_of_a_deleted_image_is_removed_and_of_the_others_kept()
    {
        await using var room = new ImagesRoom();
        var deleted = await room.QueuedAsync(Ct);
        await room.IngestAsync(deleted, [1], Ct);
        var kept = await room.QueuedAsync(Ct);
        var image = await room.IngestAsync(kept, [2], Ct);
        await room.Get<ISystemImages>().DiscardAsync(deleted, Ct);

        await room.Get<BlobCollector>().CollectAsync(sweep: false, Ct);

        Assert.Equal(image.BlobId, Assert.Single(await room.StoredAsync(Ct)).Id);
        Assert.Equal(1, await room.CountAsync("blobs", Ct));
    }

    [Fact]
    public async Task Data_that_a_server_stands_on_outlives_its_image()
    {
        await using var room = new ImagesRoom();
        var id = await room.QueuedAsync(Ct);
        await room.IngestAsync(id, [1, 2, 3], Ct);
        var references = room.Get<IBlobReferences>();
        var holder = new BlobHolder("server", Guid.NewGuid());

        var held = await references.HoldAsync(id, holder, Ct);
        Assert.Equal(("raw", 3L), (held!.DiskFormat, held.VirtualSize));
        await room.Get<ISystemImages>().DiscardAsync(id, Ct);
        await room.Get<BlobCollector>().CollectAsync(sweep: true, Ct);

        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(Assert.IsType<HeldFile>(held).Path, Ct));
        Assert.Equal(held, await references.FindAsync(holder, Ct));
        // The first call's answer may have been lost in a crash: the second finds what it took.
        Assert.Equal(held, await references.HoldAsync(id, holder, Ct));
        Assert.Null(await references.HoldAsync(id, new BlobHolder("server", Guid.NewGuid()), Ct));

        await room.Database.WriteAsync(scope => references.ReleaseAsync(scope, holder), Ct);
        await room.Database.WriteAsync(scope => references.ReleaseAsync(scope, holder), Ct);
        await room.Get<BlobCollector>().CollectAsync(sweep: false, Ct);

        Assert.Null(await references.FindAsync(holder, Ct));
        Assert.Empty(await room.StoredAsync(Ct));
    }

    [Fact]
    public async Task Only_active_images_can_be_held()
    {
        await using var room = new ImagesRoom();
        Assert.Null(await room.Get<IBlobReferences>().HoldAsync(await room.QueuedAsync(Ct), new BlobHolder("server", Guid.NewGuid()), Ct));
        Assert.Null(await room.Get<IBlobReferences>().HoldAsync(Guid.NewGuid(), new BlobHolder("server", Guid.NewGuid()), Ct));
    }

    [Fact]
    public async Task What_a_crash_left_in_the_store_is_removed_by_a_sweep()
    {
        await using var room = new ImagesRoom();
        var id = await room.QueuedAsync(Ct);
        var image = await room.IngestAsync(id, [1], Ct);
        await using (var whole = await room.Store.CreateAsync(Guid.NewGuid(), Ct))
            await whole.CommitAsync(Ct);
        var unfinished = await room.Store.CreateAsync(Guid.NewGuid(), Ct);
        await unfinished.WriteAsync(new byte[100], Ct);
        Assert.Equal(3, (await room.StoredAsync(Ct)).Count);

        await room.Get<BlobCollector>().CollectAsync(sweep: false, Ct);
        Assert.Equal(3, (await room.StoredAsync(Ct)).Count);
        await room.Get<BlobCollector>().CollectAsync(sweep: true, Ct);

        Assert.Equal(image.BlobId, Assert.Single(await room.StoredAsync(Ct)).Id);
        await unfinished.DisposeAsync();
    }

    [Fact]
    public async Task An_upload_under_way_is_left_alone()
    {
        ImagesRoom? room = null;
        room = new ImagesRoom(ImageIngestTests.With(store => new BreakingStore(store)
        {
            BeforeCommit = () => room!.Get<BlobCollector>().CollectAsync(sweep: true, Ct),
        }));
        await using var _ = room;
        var image = await room.IngestAsync(await room.QueuedAsync(Ct), [1, 2, 3], Ct);

        Assert.Equal((image.BlobId, 3L), (Assert.Single(await room.StoredAsync(Ct)).Id, image.Size!.Value));
    }

    [Fact]
    public async Task An_upload_that_ends_while_the_store_is_listed_is_left_alone()
    {
        // Listed as unfinished, or as a whole blob without a row; by the time that the sweep judges, the row is there.
        var listed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task? ingest = null;
        ImagesRoom? room = null;
        room = new ImagesRoom(ImageIngestTests.With(store => new BreakingStore(store)
        {
            BeforeCommit = async () =>
            {
                written.TrySetResult();
                await listed.Task;
            },
            AfterListing = async () =>
            {
                listed.TrySetResult();
                await ingest!;
            },
        }));
        await using var _ = room;
        var id = await room.QueuedAsync(Ct);
        ingest = room.IngestAsync(id, [1, 2, 3], Ct);
        await written.Task;

        await room.Get<BlobCollector>().CollectAsync(sweep: true, Ct);

        var image = (await room.FindAsync(id, Ct))!;
        await using var data = await room.Store.OpenReadAsync(image.BlobId!.Value, Ct);
        Assert.Equal((ImageStatus.Active, 1), (image.Status, data.ReadByte()));
        Assert.Empty(room.Get<RunningUploads>().Snapshot());
    }
}
