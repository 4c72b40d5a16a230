using System.Globalization;
using Tintype.Compute.Bases;
using Tintype.Compute.Servers;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Qemu.GuestAgent;
using Tintype.Qemu.Process;
using Xunit;

namespace Tintype.Tests.Snapshots;

public sealed class SnapshotPipelineTests : IDisposable
{
    private readonly CaptureWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_running_guest_is_frozen_only_while_the_point_in_time_is_fixed_and_never_without_a_watchdog()
    {
        var (imageId, task) = await _world.RequestAsync();
        await _world.RunAsync(task);

        Assert.Equal(
            [
                "begin image_snapshot_pending", "create image",
                "task state image_snapshot", "disk layers", "ensure base", "prepare fleece",
                "arm watchdog", "freeze", "point in time, frozen", "thaw", "stand down",
                "task state image_pending_upload", "task state image_uploading", "open fleece", "begin disk", "activate",
                "end fleece", "task state none", "record action",
            ], _world.Journal);
        var image = _world.Images[imageId];
        Assert.Equal((ImageStatus.Active, "raw", "bare", ImageVisibility.Private), (image.Status, image.DiskFormat, image.ContainerFormat, image.Visibility));
        Assert.Equal("filesystem", image.Properties["tintype_consistency"]);
        Assert.InRange(int.Parse(image.Properties["tintype_frozen_ms"], CultureInfo.InvariantCulture), 0, 1000);
        Assert.Equal(("available", "snapshot", "p1"), (image.Properties["image_state"], image.Properties["image_location"], image.Properties["owner_id"]));
        Assert.Equal([("createImage", null)], _world.Actions);
        await _world.AssertServerAsItWasAsync();
    }

    [Fact]
    public async Task What_has_changed_is_read_and_all_else_is_what_the_server_was_made_of()
    {
        var (imageId, task) = await _world.RequestAsync();
        await _world.RunAsync(task);

        Assert.Equal(_world.BaseDisk, _world.Basis);
        Assert.Equal(FakeDisk.Content, _world.Stored[_world.Images[imageId].BlobId!.Value]);
        Assert.Equal(new ServerCheckpoint("tintype-1", _world.Images[imageId].BlobId!.Value), _world.Checkpoint);
    }

    [Fact]
    public async Task A_second_snapshot_goes_by_the_bitmap_and_takes_the_rest_from_the_first_even_if_that_image_is_deleted()
    {
        var first = await SnapshotAsync();
        var firstDisk = _world.Images[first].BlobId;
        _world.Images.Remove(first);
        var second = await SnapshotAsync();

        Assert.Equal(firstDisk, _world.Basis);
        Assert.Equal(new ServerCheckpoint("tintype-2", _world.Images[second].BlobId!.Value), _world.Checkpoint);
        await _world.AssertServerAsItWasAsync();
    }

    [Fact]
    public async Task A_bitmap_that_cannot_be_trusted_is_not_gone_by_and_the_next_one_has_a_new_name()
    {
        await SnapshotAsync();
        _world.Bitmaps["tintype-1"] = false;
        var second = await SnapshotAsync();

        Assert.Equal(_world.BaseDisk, _world.Basis);
        Assert.Equal(new ServerCheckpoint("tintype-2", _world.Images[second].BlobId!.Value), _world.Checkpoint);
        await _world.AssertServerAsItWasAsync();

        _world.Bitmaps.Clear();
        await SnapshotAsync();
        Assert.Equal(_world.BaseDisk, _world.Basis);
        Assert.Equal("tintype-3", _world.Checkpoint!.Bitmap);
        await _world.AssertServerAsItWasAsync();
    }

    [Fact]
    public async Task A_stopped_server_goes_by_its_bitmap_too_and_leaves_it_as_it_is()
    {
        var first = await SnapshotAsync();
        var checkpoint = _world.Checkpoint;
        _world.Guest = null;
        _world.Server = _world.Server! with { State = VmState.Stopped, LastStop = LastStop.Clean };
        await SnapshotAsync();

        Assert.Equal(_world.Images[first].BlobId, _world.Basis);
        Assert.Equal(checkpoint, _world.Checkpoint);
        await _world.AssertServerAsItWasAsync();
    }

    [Theory]
    [InlineData(LastStop.Clean, "offline")]
    [InlineData(LastStop.Crash, "crash")]
    [InlineData(LastStop.None, "crash")]
    public async Task A_stopped_server_is_read_as_it_lies(LastStop lastStop, string consistency)
    {
        _world.Guest = null;
        _world.Server = _world.Server! with { State = VmState.Stopped, LastStop = lastStop };
        var (imageId, task) = await _world.RequestAsync();
        await _world.RunAsync(task);

        Assert.DoesNotContain("freeze", _world.Journal);
        Assert.Equal(new DiskLayer(Path.Combine(_world.Server!.Directory, "disk.qcow2"), "qcow2"), _world.Overlay);
        Assert.Equal(FakeDisk.Content, _world.Stored[_world.Images[imageId].BlobId!.Value]);
        Assert.Equal(consistency, _world.Images[imageId].Properties["tintype_consistency"]);
        Assert.False(_world.Images[imageId].Properties.ContainsKey("tintype_frozen_ms"));
        await _world.AssertServerAsItWasAsync();
    }

    [Theory]
    [InlineData("raw", "raw")]
    [InlineData("qcow2", "qcow2")]
    [InlineData("vmdk", "qcow2")]
    [InlineData("iso", "qcow2")]
    public async Task A_snapshot_has_its_sources_format_as_far_as_it_is_written(string source, string snapshot)
    {
        _world.Server = _world.Server! with { ImageDiskFormat = source };
        var (imageId, task) = await _world.RequestAsync();
        await _world.RunAsync(task);

        Assert.Equal(snapshot, _world.Images[imageId].DiskFormat);
    }

    [Fact]
    public async Task Without_an_agent_a_snapshot_that_need_not_be_quiesced_is_as_after_a_power_cut()
    {
        _world.Server = _world.Server! with { ImageProperties = new Dictionary<string, string>() };
        _world.Guest!.HasAgent = false;
        var (imageId, task) = await _world.RequestAsync();
        await _world.RunAsync(task);

        Assert.Equal("crash", _world.Images[imageId].Properties["tintype_consistency"]);
        Assert.Contains("point in time", _world.Journal);
        Assert.DoesNotContain("arm watchdog", _world.Journal);
        await _world.AssertServerAsItWasAsync();
    }

    [Fact]
    public async Task An_agent_that_refuses_to_freeze_makes_a_crash_snapshot_if_quiescing_is_not_required()
    {
        _world.Server = _world.Server! with { ImageProperties = new Dictionary<string, string>() };
        _world.Guest!.RefusesToFreeze = true;
        var (imageId, task) = await _world.RequestAsync();
        await _world.RunAsync(task);

        Assert.Equal("crash", _world.Images[imageId].Properties["tintype_consistency"]);
        Assert.Equal(["arm watchdog", "freeze", "thaw", "stand down", "point in time"], _world.Journal[_world.Journal.IndexOf("arm watchdog")..][..5]);
        await _world.AssertServerAsItWasAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Quiescing_that_is_required_and_impossible_is_refused_before_anything_is_made(bool hasAgent)
    {
        _world.Guest!.HasAgent = hasAgent;
        _world.Guest.Answers = false;

        var refusal = await Assert.ThrowsAsync<Fault>(() => _world.RequestAsync());

        Assert.Equal(FaultKind.Conflict, refusal.Kind);
        Assert.Contains(hasAgent ? "Install and start qemu-guest-agent in the guest" : "set hw_qemu_guest_agent=yes", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("top the server", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(["begin image_snapshot_pending", "task state none"], _world.Journal);
        await _world.AssertServerAsItWasAsync();
    }

    [Fact]
    public async Task An_agent_that_vanishes_after_preflight_fails_the_snapshot_that_must_be_quiesced_and_leaves_no_image()
    {
        var (_, task) = await _world.RequestAsync();
        _world.Guest!.Answers = false;

        var refusal = await Assert.ThrowsAsync<Fault>(() => _world.RunAsync(task));

        Assert.Contains("did not answer", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(_world.Images);
        Assert.Equal([("createImage", refusal.Message)], _world.Actions);
        Assert.DoesNotContain("point in time", _world.Journal);
        await _world.AssertServerAsItWasAsync();
    }

    [Fact]
    public async Task A_guest_that_somebody_thawed_before_the_point_in_time_is_not_called_consistent()
    {
        _world.Before = step => _world.Guest!.Frozen &= step != "thaw";
        var (_, task) = await _world.RequestAsync();

        var refusal = await Assert.ThrowsAsync<Fault>(() => _world.RunAsync(task));

        Assert.Contains("did not stay frozen", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(_world.Images);
        await _world.AssertServerAsItWasAsync();
    }

    [Fact]
    public async Task A_guest_that_does_not_thaw_is_left_to_the_watchdog()
    {
        _world.Before = step =>
        {
            if (step == "thaw")
                throw new GuestAgentException("The guest agent did not answer.");
        };
        var (_, task) = await _world.RequestAsync();

        await Assert.ThrowsAsync<Fault>(() => _world.RunAsync(task));

        Assert.Equal(1, _world.Watchdogs.ThatBit);
        Assert.Empty(_world.Images);
        await _world.AssertServerAsItWasAsync();
    }

    [Fact]
    public async Task An_image_that_is_deleted_meanwhile_ends_the_snapshot()
    {
        var (imageId, task) = await _world.RequestAsync();
        _world.Before = step =>
        {
            if (step == "task state image_pending_upload")
                _world.Images.Remove(imageId);
        };

        var refusal = await Assert.ThrowsAsync<Fault>(() => _world.RunAsync(task));

        Assert.Equal($"Image {imageId} was deleted while it was being made.", refusal.Message);
        await _world.AssertServerAsItWasAsync();
    }

    [Fact]
    public async Task A_server_that_is_deleted_meanwhile_ends_the_snapshot()
    {
        var (_, task) = await _world.RequestAsync();
        _world.Server = null;

        await Assert.ThrowsAsync<Fault>(() => _world.RunAsync(task));

        Assert.Empty(_world.Images);
        Assert.Empty(await _world.Rows.ListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Only_one_snapshot_holds_a_server_and_the_refused_one_leaves_the_first_alone()
    {
        var (imageId, task) = await _world.RequestAsync();

        var refusal = await Assert.ThrowsAsync<Fault>(() => _world.RequestAsync());

        Assert.Equal(FaultKind.Conflict, refusal.Kind);
        Assert.Equal("image_snapshot_pending", _world.Server!.TaskState);
        await _world.RunAsync(task);
        Assert.Equal(imageId, Assert.Single(_world.Images).Key);
    }

    [Fact]
    public async Task An_admin_of_another_project_owns_the_image_and_offers_it_to_the_servers_project()
    {
        var admin = new Caller("root", "admin", "p9", "admins", "default", ["admin", "manager", "member", "reader"]);
        await _world.RequestAsync(admin);

        Assert.Equal(("p9", ImageVisibility.Shared), (_world.NewImage!.Owner, _world.NewImage.Visibility));
        Assert.Equal(["p1"], _world.NewImage.Members);
        Assert.Equal("root", _world.NewImage.Properties["user_id"]);
    }

    private async Task<Guid> SnapshotAsync()
    {
        var (imageId, task) = await _world.RequestAsync();
        await _world.RunAsync(task);
        return imageId;
    }
}
