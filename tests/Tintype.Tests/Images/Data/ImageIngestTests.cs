using Microsoft.Extensions.DependencyInjection;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Records;
using Tintype.Images.Stores;
using Tintype.Platform;
using Tintype.Platform.Http;
using Tintype.Storage;
using Tintype.Storage.Local;
using Xunit;

namespace Tintype.Tests.Images.Data;

/// <summary>However bringing data in ends, record and store agree.</summary>
public sealed class ImageIngestTests
{
    private static readonly Dictionary<string, string?> _noChanges = [];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ingested_data_is_active_with_everything_known_of_it()
    {
        await using var room = new ImagesRoom();
        var id = await room.QueuedAsync(Ct);
        var data = "hello, disk"u8.ToArray();

        var image = await room.Get<ISystemImages>().IngestAsync(id, "raw", "bare", new MemoryStream(data),
            new Dictionary<string, string?> { ["tintype_consistency"] = "offline" }, Ct);

        Assert.Equal((ImageStatus.Active, 11L, 11L), (image.Status, image.Size!.Value, image.VirtualSize!.Value));
        Assert.Equal("e0a25265298b030978828fa2ed2e7d3f", image.Checksum);
        Assert.Equal("offline", image.Properties["tintype_consistency"]);
        var stored = Assert.Single(await room.StoredAsync(Ct));
        Assert.Equal((image.BlobId!.Value, 11L, true), (stored.Id, stored.Length, stored.Committed));
        Assert.Equal(image.Checksum, (await room.FindAsync(id, Ct))!.Checksum);
    }

    [Fact]
    public async Task A_source_that_breaks_off_leaves_the_image_queued_and_no_bytes()
    {
        await using var room = new ImagesRoom();
        var id = await room.QueuedAsync(Ct);

        await Assert.ThrowsAsync<DataSourceException>(() => room.Get<ISystemImages>().IngestAsync(
            id, "raw", "bare", new PiecewiseStream(new byte[1_000_000], 1000) { FailAfter = 600_000 }, _noChanges, Ct));

        await AssertNothingHappenedAsync(room, id);
        Assert.Equal(ImageStatus.Active, (await room.IngestAsync(id, [1, 2, 3], Ct)).Status);
    }

    [Fact]
    public async Task Data_that_is_not_what_it_is_called_is_refused_and_not_kept()
    {
        await using var room = new ImagesRoom();
        var id = await room.QueuedAsync(Ct);

        var fault = await Assert.ThrowsAsync<Fault>(() => room.Get<ISystemImages>().IngestAsync(
            id, "qcow2", "bare", new MemoryStream(new byte[1000]), _noChanges, Ct));

        Assert.Equal(FaultKind.UnsupportedMediaType, fault.Kind);
        await AssertNothingHappenedAsync(room, id);
    }

    [Fact]
    public async Task A_full_store_is_413()
    {
        await using var room = new ImagesRoom(With(store => new BreakingStore(store) { OnWrite = _ => throw new StorageFullException("local") }));
        var id = await room.QueuedAsync(Ct);
        var fault = await Assert.ThrowsAsync<Fault>(() => room.IngestAsync(id, [1], Ct));
        Assert.Equal(FaultKind.PayloadTooLarge, fault.Kind);
        Assert.StartsWith("Image storage media is full", fault.Message, StringComparison.Ordinal);
        await AssertNothingHappenedAsync(room, id);
    }

    [Fact]
    public async Task A_commit_that_fails_leaves_nothing()
    {
        await using var room = new ImagesRoom(With(store => new BreakingStore(store) { BeforeCommit = () => throw new IOException("The disk is gone.") }));
        var id = await room.QueuedAsync(Ct);
        await Assert.ThrowsAsync<IOException>(() => room.IngestAsync(id, [1], Ct));
        await AssertNothingHappenedAsync(room, id);
    }

    [Fact]
    public async Task An_image_deleted_meanwhile_is_410_and_its_bytes_go()
    {
        ImagesRoom? room = null;
        var id = Guid.Empty;
        room = new ImagesRoom(With(store => new BreakingStore(store) { BeforeCommit = () => room!.Get<ISystemImages>().DiscardAsync(id, Ct) }));
        await using var _ = room;
        id = await room.QueuedAsync(Ct);

        var fault = await Assert.ThrowsAsync<Fault>(() => room.IngestAsync(id, [1, 2, 3], Ct));

        Assert.Equal(FaultKind.Gone, fault.Kind);
        Assert.Null(await room.FindAsync(id, Ct));
        Assert.Empty(await room.StoredAsync(Ct));
        Assert.Equal(0, await room.CountAsync("blobs", Ct));
    }

    [Fact]
    public async Task A_second_upload_beside_the_first_is_409()
    {
        ImagesRoom? room = null;
        var id = Guid.Empty;
        Fault? second = null;
        room = new ImagesRoom(With(store => new BreakingStore(store)
        {
            BeforeCommit = async () => second ??= await Assert.ThrowsAsync<Fault>(() => room!.IngestAsync(id, [9], Ct)),
        }));
        await using var _ = room;
        id = await room.QueuedAsync(Ct);

        var image = await room.IngestAsync(id, [1, 2, 3], Ct);

        Assert.Equal((FaultKind.Conflict, "Image status transition from saving to saving is not allowed"), (second!.Kind, second.Message));
        Assert.Equal((ImageStatus.Active, 3L), (image.Status, image.Size!.Value));
    }

    [Fact]
    public async Task Saving_images_are_queued_again_at_the_start()
    {
        await using var room = new ImagesRoom();
        var saving = await room.QueuedAsync(Ct);
        await room.Get<ImageLifecycle>().BeginSavingAsync(saving, "raw", "bare", null, Ct);
        var active = await room.QueuedAsync(Ct);
        await room.IngestAsync(active, [1], Ct);

        await ActivatorUtilities.CreateInstance<IngestRecovery>(room.Get<IServiceProvider>()).StartAsync(Ct);

        Assert.Equal(ImageStatus.Queued, (await room.FindAsync(saving, Ct))!.Status);
        Assert.Equal(ImageStatus.Active, (await room.FindAsync(active, Ct))!.Status);
    }

    private static async Task AssertNothingHappenedAsync(ImagesRoom room, Guid id)
    {
        var image = (await room.FindAsync(id, Ct))!;
        Assert.Equal((ImageStatus.Queued, (long?)null, (long?)null, (Guid?)null, (string?)null),
            (image.Status, image.Size, image.VirtualSize, image.BlobId, image.Checksum));
        Assert.Empty(await room.StoredAsync(Ct));
        Assert.Equal(0, await room.CountAsync("blobs", Ct));
    }

    internal static Action<IServiceCollection> With(Func<LocalStore, IBlobStore> store) => services =>
        services.AddSingleton(provider =>
        {
            var local = LocalStore.Open("local", provider.GetRequiredService<DataDirectory>().Folder("images"));
            return new ImageStores([new ImageStore("local", "file", null, 0, store(local), new Dictionary<string, string>())], "local", "local", TimeProvider.System);
        });
}

/// <summary>The local store, with an accident at a chosen step.</summary>
internal sealed class BreakingStore(LocalStore store) : IBlobStore
{
    public Action<long>? OnWrite { get; init; }

    public Func<Task>? BeforeCommit { get; init; }

    /// <summary>Runs after the listing has been read, and before anybody has seen it.</summary>
    public Func<Task>? AfterListing { get; init; }

    public string Name => store.Name;

    public async Task<IBlobWriter> CreateAsync(Guid id, CancellationToken ct) => new Writer(this, await store.CreateAsync(id, ct));

    public Task<Stream> OpenReadAsync(Guid id, CancellationToken ct) => store.OpenReadAsync(id, ct);

    public Task DeleteAsync(Guid id, CancellationToken ct) => store.DeleteAsync(id, ct);

    public async IAsyncEnumerable<StoredBlob> ListAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var listed = await store.ListAsync(ct).ToListAsync(ct);
        if (AfterListing is not null)
            await AfterListing();
        foreach (var blob in listed)
            yield return blob;
    }

    private sealed class Writer(BreakingStore store, IBlobWriter writer) : IBlobWriter
    {
        public long Length => writer.Length;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
        {
            store.OnWrite?.Invoke(Length);
            return writer.WriteAsync(bytes, ct);
        }

        public async Task CommitAsync(CancellationToken ct)
        {
            if (store.BeforeCommit is not null)
                await store.BeforeCommit();
            await writer.CommitAsync(ct);
        }

        public ValueTask DisposeAsync() => writer.DisposeAsync();
    }
}
