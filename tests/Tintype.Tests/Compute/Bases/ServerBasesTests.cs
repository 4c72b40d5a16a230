using Tintype.Compute.Bases;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;
using Tintype.Qemu.Process;
using Tintype.Storage;
using Xunit;
using ServerModel = Tintype.Compute.Servers.Server;

namespace Tintype.Tests.Compute.Bases;

public sealed class ServerBasesTests : IAsyncLifetime
{
    private readonly ComputeWorld _world = new();
    private ServerModel _server = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private Guid Blob => _world.Blobs.Data!.BlobId;

    public async ValueTask InitializeAsync() => (_server, _) = await _world.AddRunningAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task The_content_of_a_file_is_read_in_its_format_and_stored_once()
    {
        var disk = await _world.Bases.EnsureAsync(_server.Id, Ct);

        Assert.Equal(disk, await _world.Bases.EnsureAsync(_server.Id, Ct));
        Assert.Equal([new DiskLayer("/store/blob", "raw")], Assert.Single(_world.Disks.Opened));
        Assert.Equal(_world.Disks.Content, _world.Stored.Contents[disk]);
        Assert.Equal((0, 0), (_world.Host.Leased, _world.Stored.Open));
    }

    [Fact]
    public async Task An_image_that_is_a_stored_disk_is_its_own_and_is_not_read()
    {
        _world.Stored.Contents[Blob] = [];

        Assert.Equal(Blob, await _world.Bases.EnsureAsync(_server.Id, Ct));
        Assert.Empty(_world.Disks.Opened);
    }

    [Fact]
    public async Task Whoever_wants_the_same_meanwhile_waits_for_the_one_who_reads()
    {
        var second = await _world.AddAsync(ComputeWorld.Describe("second") with { IsolationUid = 100_001 });
        await _world.RunAsync(_world.Build, second);
        var read = new TaskCompletionSource();
        _world.Disks.BeforeReading = () => read.Task;

        var first = _world.Bases.EnsureAsync(_server.Id, Ct);
        var other = _world.Bases.EnsureAsync(second.Id, Ct);
        using var impatient = new CancellationTokenSource();
        var cancelled = _world.Bases.EnsureAsync(second.Id, impatient.Token);
        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.False(other.IsCompleted);
        read.SetResult();
        Assert.Equal(await first, await other);
        Assert.Single(_world.Disks.Opened);
    }

    [Fact]
    public async Task A_reading_that_fails_leaves_nothing_and_the_next_one_begins_anew()
    {
        _world.Stored.Failure = new StorageFullException("store", new IOException("full"));

        await Assert.ThrowsAsync<StorageFullException>(() => _world.Bases.EnsureAsync(_server.Id, Ct));

        Assert.Equal((0, 0), (_world.Host.Leased, _world.Stored.Open));
        Assert.Empty(_world.Stored.Contents);
        var disk = await _world.Bases.EnsureAsync(_server.Id, Ct);
        Assert.Equal(_world.Disks.Content, _world.Stored.Contents[disk]);
    }

    [Fact]
    public async Task A_server_that_holds_nothing_is_refused_by_name()
    {
        var unbuilt = await _world.AddAsync(ComputeWorld.Describe("unbuilt") with { IsolationUid = 100_001 });
        Assert.Equal($"Instance {unbuilt.Id} has no disk: its image's data are not held.", (await Assert.ThrowsAsync<Fault>(() => _world.Bases.EnsureAsync(unbuilt.Id, Ct))).Message);

        // Deleted while it was read.
        _world.Stored.Gone.Add(Blob);
        await Assert.ThrowsAsync<Fault>(() => _world.Bases.EnsureAsync(_server.Id, Ct));
        Assert.Equal(0, _world.Stored.Open);
    }

    [Fact]
    public async Task A_new_server_has_it_made_by_a_task_about_its_image_unless_it_is_there()
    {
        var task = Assert.Single(await _world.Queue.ListAboutAsync(_server.Image.Id, Ct));
        Assert.Equal((BaseTask.TaskKind, _server.ProjectId, _server.Id.ToString(), TaskState.Pending), (task.Kind, task.ProjectId, task.Payload, task.State));

        await RunAsync(task);
        var second = await _world.AddAsync(ComputeWorld.Describe("second") with { IsolationUid = 100_001 });
        await _world.RunAsync(_world.Build, second);

        Assert.Single(_world.Stored.Contents);
        Assert.Empty(await _world.Queue.ListAboutAsync(second.Image.Id, Ct));
    }

    [Fact]
    public async Task The_task_of_a_server_that_has_gone_ends_well_and_an_interrupted_one_begins_again()
    {
        var task = Assert.Single(await _world.Queue.ListAboutAsync(_server.Image.Id, Ct));
        Assert.Equal(TaskRecovery.Rerun, await new BaseTask(_world.Bases, _world.Servers).RecoverAsync(task, Ct));
        await _world.RunTaskAsync(_world.Delete, _server);

        await RunAsync(task);

        Assert.Empty(_world.Disks.Opened);
    }

    [Fact]
    public async Task A_servers_first_bitmap_is_relative_to_what_it_was_made_of_once_that_is_stored()
    {
        Assert.Null(await _world.Bases.FindCheckpointAsync(_server.Id, Ct));

        var disk = await _world.Bases.EnsureAsync(_server.Id, Ct);

        Assert.Equal(new ServerCheckpoint("tintype-0", disk), await _world.Bases.FindCheckpointAsync(_server.Id, Ct));
    }

    [Fact]
    public async Task The_disk_of_the_last_snapshot_is_held_and_its_bitmap_gone_by_as_long_as_it_is_stored_here()
    {
        await _world.Bases.EnsureAsync(_server.Id, Ct);
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        _world.Stored.Contents[first] = _world.Stored.Contents[second] = [];
        foreach (var (bitmap, disk) in new[] { ("tintype-1", first), ("tintype-2", second) })
        {
            await _world.Database.WriteAsync(scope => _world.Bases.SetCheckpointAsync(scope, _server.Id, bitmap, disk), Ct);
            Assert.Equal(new ServerCheckpoint(bitmap, disk), await _world.Bases.FindCheckpointAsync(_server.Id, Ct));
        }

        Assert.Equal(second, await _world.Blobs.FindIdAsync(ServerBases.HolderOf(_server.Id), Ct));
        // The operator has configured another store for disks.
        _world.Stored.Contents.Remove(second);
        Assert.Null(await _world.Bases.FindCheckpointAsync(_server.Id, Ct));
    }

    [Fact]
    public async Task A_server_that_has_gone_holds_no_disk()
    {
        var gone = Guid.NewGuid();
        await _world.Database.WriteAsync(scope => _world.Bases.SetCheckpointAsync(scope, gone, "tintype-1", Guid.NewGuid()), Ct);

        Assert.DoesNotContain(ServerBases.HolderOf(gone), _world.Blobs.Holders);
    }

    private Task RunAsync(TaskRecord task) => new BaseTask(_world.Bases, _world.Servers).RunAsync(new TaskContext(task, new TaskMeter(_world.Time)), Ct);
}
