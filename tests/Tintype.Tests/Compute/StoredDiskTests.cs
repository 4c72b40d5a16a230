using Tintype.Images.Data;
using Tintype.Qemu.Process;
using Xunit;
using ServerModel = Tintype.Compute.Servers.Server;

namespace Tintype.Tests.Compute;

/// <summary>Servers whose image is no file of this host: they read it from its store, until they have all of it.</summary>
public sealed class StoredDiskTests : IAsyncLifetime
{
    private static readonly HeldDisk _image = new(Guid.NewGuid(), "raw", 10 * 1024 * 1024);

    private readonly ComputeWorld _world = new();
    private ServerModel _server = null!;
    private FakeGuestProcess _guest = null!;

    private DiskLayer Overlay => new(_world.Directories.OverlayOf(_server.Id), "qcow2");

    private DiskLayer Cache => new(_world.Directories.CacheOf(_server.Id), "qcow2");

    private static DiskLayer Store => new(_image.BlobId.ToString(), "raw", IsStored: true);

    public async ValueTask InitializeAsync()
    {
        _world.Blobs.Data = _image;
        (_server, _guest) = await _world.AddRunningAsync();
        _world.Settings.FillRate = 10;
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_cache_as_large_as_the_image_lies_between_the_overlay_and_the_store()
    {
        Assert.Equal([(Overlay.Path, Store, 1024L * 1024 * 1024)], _world.Disks.Overlays);
        Assert.Equal([(Cache.Path, 10L * 1024 * 1024)], _world.Disks.Empty);
        var spec = Assert.Single(_world.Launcher.Started);
        Assert.Equal([Overlay, Cache, Store], spec.Disks[0].Layers);
        Assert.Equal(60, spec.OutagePatience);
        Assert.Equal([Store.Path], spec.StoredLayers);
        // The cache is its guest's own, who has it open.
        Assert.Equal([Overlay, Store], await _world.Catalog.DiskLayersAsync(_server.Id, ComputeWorld.Ct));
    }

    [Fact]
    public async Task A_full_cache_stands_for_the_image_at_every_later_start()
    {
        _world.Sockets.Offered[_guest.Directory] = [Store.Path];

        await _world.Fill.RunAsync(_server.Id, _guest);

        Assert.True((await _world.FindAsync(_server.Id)).HasWholeDisk);
        Assert.Empty(_world.Sockets.Offered);
        Assert.Equal(["disk0", "disk0-1", "disk0-1-file"], _guest.Nodes);
        // The row must not be ahead of the file.
        Assert.Equal(["block-stream", "job-dismiss", "human-monitor-command", "blockdev-del", "blockdev-del"], _guest.Told.Where(t => !t.StartsWith("query", StringComparison.Ordinal)));

        await _world.RunAsync(_world.Stop, _server);
        await _world.RunAsync(_world.Start, await _world.FindAsync(_server.Id));
        Assert.Equal([Overlay, Cache], _world.Launcher.Started[^1].Disks[0].Layers);
    }

    [Fact]
    public async Task A_cache_that_is_not_full_goes_on_being_filled_at_the_next_start()
    {
        await _world.RunAsync(_world.Stop, _server);
        await _world.RunAsync(_world.Start, await _world.FindAsync(_server.Id));
        Assert.Equal([Overlay, Cache, Store], _world.Launcher.Started[^1].Disks[0].Layers);
    }

    [Fact]
    public async Task A_fill_that_fails_is_begun_again_and_the_disk_is_not_whole_before()
    {
        _guest.StreamErrors.Enqueue("Input/output error");
        _guest.StreamErrors.Enqueue("Input/output error");

        await _world.Fill.RunAsync(_server.Id, _guest);

        Assert.Equal(3, _guest.Told.Count(t => t == "block-stream"));
        Assert.Equal(1, _guest.Told.Count(t => t == "human-monitor-command"));
        Assert.True((await _world.FindAsync(_server.Id)).HasWholeDisk);
    }

    [Fact]
    public async Task A_fill_that_nobody_saw_the_end_of_is_not_begun_again()
    {
        _guest.StreamEnd = "";

        await _world.Fill.RunAsync(_server.Id, _guest);

        Assert.DoesNotContain("block-stream", _guest.Told);
        Assert.True((await _world.FindAsync(_server.Id)).HasWholeDisk);
    }

    [Fact]
    public async Task A_fill_whose_end_was_not_written_down_is_written_down()
    {
        _guest.Nodes.RemoveAll(n => n == "disk0-2");

        await _world.Fill.RunAsync(_server.Id, _guest);

        Assert.DoesNotContain("block-stream", _guest.Told);
        Assert.DoesNotContain("disk0-2-file", _guest.Nodes);
        Assert.True((await _world.FindAsync(_server.Id)).HasWholeDisk);
    }

    [Fact]
    public async Task Nothing_is_fetched_where_the_operator_does_not_want_it()
    {
        _world.Settings.FillRate = 0;

        await _world.Fill.RunAsync(_server.Id, _guest);

        Assert.Empty(_guest.Told);
        Assert.False((await _world.FindAsync(_server.Id)).HasWholeDisk);
    }

    [Fact]
    public async Task A_guest_that_is_found_again_is_given_its_image_even_if_nobody_kept_its_socket()
    {
        _world.Settings.FillRate = 0;
        await _world.Recovery.StopAsync(ComputeWorld.Ct);

        await _world.Recovery.StartAsync(ComputeWorld.Ct);

        Assert.True(_world.Sockets.Resumed);
        Assert.Equal([Store.Path], Assert.Single(_world.Sockets.Offered).Value);
    }

    [Fact]
    public async Task A_guest_that_has_all_of_its_image_is_given_nothing_more()
    {
        await _world.Servers.MarkDiskWholeAsync(_server.Id, ComputeWorld.Ct);
        await _world.Recovery.StopAsync(ComputeWorld.Ct);

        await _world.Recovery.StartAsync(ComputeWorld.Ct);

        Assert.Empty(_world.Sockets.Offered);
        Assert.DoesNotContain("block-stream", _guest.Told);
    }

    [Fact]
    public async Task What_is_in_the_cache_stays_of_use_when_the_image_has_become_a_file()
    {
        await _world.RunAsync(_world.Stop, _server);
        _world.Blobs.Move(new HeldFile(_image.BlobId, "/store/blob", "raw", _image.VirtualSize));

        await _world.RunAsync(_world.Start, await _world.FindAsync(_server.Id));

        Assert.Equal([Overlay, Cache, new DiskLayer("/store/blob", "raw")], _world.Launcher.Started[^1].Disks[0].Layers);
    }

    [Fact]
    public async Task A_file_of_another_format_in_the_store_is_read_as_that_format()
    {
        _world.Blobs.Data = _image with { DiskFormat = "vhd" };
        var server = await _world.AddAsync(ComputeWorld.Describe("second") with { IsolationUid = 100_001 });
        await _world.RunAsync(_world.Build, server);
        Assert.Equal(new DiskLayer(_image.BlobId.ToString(), "vpc", IsStored: true), _world.Launcher.Started[^1].Disks[0].Layers[2]);
    }
}
