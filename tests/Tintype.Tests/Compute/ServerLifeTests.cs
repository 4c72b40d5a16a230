using Tintype.Compute.Guests;
using Tintype.Compute.Servers;
using Tintype.Compute.Servers.Life;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;
using Tintype.Qemu.Process;
using Xunit;
using ServerModel = Tintype.Compute.Servers.Server;

namespace Tintype.Tests.Compute;

public sealed class ServerLifeTests
{
    [Fact]
    public async Task A_build_makes_an_overlay_of_the_flavors_size_and_starts_the_guest()
    {
        await using var world = new ComputeWorld();
        var (server, _) = await world.AddRunningAsync();

        Assert.Equal((VmState.Active, null, LastStop.None, null), (server.State, server.TaskState, server.LastStop, server.Fault));
        Assert.NotNull(server.LaunchedAt);
        var overlay = world.Directories.OverlayOf(server.Id);
        Assert.Equal([(overlay, new DiskLayer("/store/blob", "raw"), 1024L * 1024 * 1024)], world.Disks.Overlays);
        var spec = Assert.Single(world.Launcher.Started);
        Assert.Equal([new DiskLayer(overlay, "qcow2"), new DiskLayer("/store/blob", "raw")], Assert.Single(spec.Disks).Layers);
        Assert.Equal((server.Id, 512, 1, null, null, false), (spec.Id, spec.MemoryMib, spec.Vcpus, spec.Nic, spec.ConfigDrive, spec.AgentChannel));
        Assert.Equal([GuestSpecs.HolderOf(server.Id)], world.Blobs.Holders);
        var action = Assert.Single(await world.Actions.ListAsync(server.Id, ComputeWorld.Ct));
        Assert.Equal(("create", null), (action.Action, action.Failure));
    }

    [Fact]
    public async Task A_disk_is_never_smaller_than_the_image_inside_it()
    {
        await using var world = new ComputeWorld();
        world.Blobs.Data = world.Blobs.Data! with { VirtualSize = 5L << 30 };
        await world.AddRunningAsync(ComputeWorld.Describe() with { Flavor = new ServerFlavor("f", "as-the-image", 512, 1, 0) });

        Assert.Equal(5L << 30, Assert.Single(world.Disks.Overlays).Size);
    }

    [Theory]
    [InlineData("memory", "No valid host was found. The guest needs 512 MiB, 100 MiB are free.")]
    [InlineData("host", "No valid host was found. Nothing is installed.")]
    [InlineData("disk", "qemu-img: no space")]
    [InlineData("qemu", "QEMU did not start the guest: bad machine")]
    public async Task A_failed_build_leaves_nothing_but_the_row_and_says_why(string what, string fault)
    {
        await using var world = new ComputeWorld();
        world.Memory.Mib = what == "memory" ? 100 : 4096;
        world.Host.UnavailableBecause = what == "host" ? "Nothing is installed." : null;
        world.Disks.Refusal = what == "disk" ? "qemu-img: no space" : null;
        world.Launcher.Refusal = what == "qemu" ? "bad machine" : null;
        var server = await world.AddAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => world.RunAsync(world.Build, server));

        var failed = await world.FindAsync(server.Id);
        Assert.Equal((VmState.Error, null, fault), (failed.State, failed.TaskState, failed.Fault?.Message));
        Assert.Equal(fault, Assert.Single(await world.Actions.ListAsync(server.Id, ComputeWorld.Ct)).Failure);
        Assert.Empty(world.Blobs.Holders);
        Assert.False(Directory.Exists(world.Directories.Of(server.Id)));
        world.Memory.Mib = 512;
        Assert.NotNull(world.Admission.TryReserve(512));
    }

    [Theory]
    [InlineData("pending")]
    [InlineData("running")]
    [InlineData("killed")]
    public async Task A_build_that_is_cancelled_leaves_nothing_but_the_row_and_says_so(string when)
    {
        await using var world = new ComputeWorld();
        var server = await world.AddAsync();
        var id = await world.Database.WriteAsync(scope => world.Queue.EnqueueAsync(scope, ComputeWorld.NewTask(world.Build.Kind, server)), ComputeWorld.Ct);
        var task = (await world.Queue.FindAsync(id, ComputeWorld.Ct))!;
        using var cancel = new CancellationTokenSource();
        if (when == "running")
        {
            world.Launcher.BeforeStart = async ct =>
            {
                await cancel.CancelAsync();
                ct.ThrowIfCancellationRequested();
            };
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.Build.RunAsync(new TaskContext(task, new TaskMeter(world.Time)), cancel.Token));
        }
        else if (when == "killed")
        {
            // QEMU was started, and the server killed before it could write that down.
            await world.Blobs.HoldAsync(server.Image.Id, GuestSpecs.HolderOf(server.Id), ComputeWorld.Ct);
            world.Directories.Make(server.Id);
            world.Launcher.Running[world.Directories.Of(server.Id)] = new FakeGuestProcess(world.Directories.Of(server.Id), () => world.Launcher.Running.Clear(), false);
        }

        Assert.True(await world.Build.TryUndoAsync(task, "Cancelled by ann."));

        var cancelled = await world.FindAsync(server.Id);
        Assert.Equal((VmState.Error, null, "Cancelled by ann."), (cancelled.State, cancelled.TaskState, cancelled.Fault?.Message));
        Assert.Equal("Cancelled by ann.", Assert.Single(await world.Actions.ListAsync(server.Id, ComputeWorld.Ct)).Failure);
        Assert.Empty(world.Blobs.Holders);
        Assert.Empty(world.Launcher.Running);
        Assert.False(Directory.Exists(world.Directories.Of(server.Id)));
        // A deletion that was waiting may begin.
        await world.RunAsync(world.Delete, server);
    }

    [Fact]
    public async Task A_build_that_is_over_is_not_undone()
    {
        await using var world = new ComputeWorld();
        var (server, guest) = await world.AddRunningAsync();
        var task = (await world.Queue.ListAboutAsync(server.Id, ComputeWorld.Ct)).Single();

        Assert.False(await world.Build.TryUndoAsync(task, "Cancelled by ann."));

        Assert.Equal(VmState.Active, (await world.FindAsync(server.Id)).State);
        Assert.Empty(guest.Told);
    }

    [Fact]
    public async Task A_build_whose_image_has_gone_fails_with_a_sentence()
    {
        await using var world = new ComputeWorld();
        world.Blobs.Data = null;
        var server = await world.AddAsync();

        await Assert.ThrowsAsync<Fault>(() => world.RunAsync(world.Build, server));

        Assert.Equal($"Image {server.Image.Id} has no data any more: it was deleted while the server was being made.", (await world.FindAsync(server.Id)).Fault?.Message);
    }

    [Theory]
    [InlineData(true, true, true, LastStop.Clean, "guest-shutdown")]
    [InlineData(true, false, true, LastStop.Clean, "guest-shutdown,system_powerdown")]
    [InlineData(true, false, false, LastStop.Crash, "guest-shutdown,system_powerdown,kill")]
    [InlineData(false, false, true, LastStop.Clean, "system_powerdown")]
    [InlineData(false, false, false, LastStop.Crash, "system_powerdown,kill")]
    public async Task A_stop_is_clean_only_when_the_guest_shut_itself_down(bool agent, bool heedsAgent, bool heedsButton, LastStop how, string told)
    {
        await using var world = new ComputeWorld();
        var (server, guest) = await world.AddRunningAsync(WithAgent());
        (guest.AgentAnswers, guest.HeedsAgent, guest.HeedsPowerButton) = (agent, heedsAgent, heedsButton);
        await world.Catalog.BeginTaskAsync(server.Id, TaskStates.PoweringOff, [VmState.Active], ComputeWorld.Ct);

        await world.RunAsync(world.Stop, server);

        var stopped = await world.FindAsync(server.Id);
        Assert.Equal((VmState.Stopped, null, how, null), (stopped.State, stopped.TaskState, stopped.LastStop, stopped.Fault));
        Assert.Equal(told, string.Join(',', guest.Told));
        var action = (await world.Actions.ListAsync(server.Id, ComputeWorld.Ct)).Single(a => a.Action == "stop");
        Assert.Equal(how == LastStop.Clean ? null : "The guest did not shut down within 60 s and was forced off: what it had not written is lost.", action.Failure);
    }

    [Fact]
    public async Task An_image_that_allows_no_time_is_forced_off_at_once()
    {
        await using var world = new ComputeWorld();
        var (server, guest) = await world.AddRunningAsync(WithAgent(("os_shutdown_timeout", "0")));

        await world.RunAsync(world.Stop, server);

        Assert.Equal(["kill"], guest.Told);
        Assert.Equal(LastStop.Crash, (await world.FindAsync(server.Id)).LastStop);
    }

    [Theory]
    [InlineData(GuestExitKind.GuestShutdown, null, LastStop.Clean, null)]
    [InlineData(GuestExitKind.Failed, "KVM internal error", LastStop.Crash, "The guest ended by itself: KVM internal error")]
    [InlineData(GuestExitKind.Forced, null, LastStop.Crash, "The guest's QEMU process was ended from outside.")]
    public async Task A_guest_that_ends_unasked_is_seen_at_once_with_its_reason(GuestExitKind kind, string? reason, LastStop how, string? fault)
    {
        await using var world = new ComputeWorld();
        var (server, guest) = await world.AddRunningAsync();
        var ended = world.Guests.Find(server.Id)!.Ended;

        guest.End(kind, reason);
        await ended;

        var stopped = await world.FindAsync(server.Id);
        Assert.Equal((VmState.Stopped, how, fault), (stopped.State, stopped.LastStop, stopped.Fault?.Message));
        var action = (await world.Actions.ListAsync(server.Id, ComputeWorld.Ct)).Single(a => a.Action == "stop");
        Assert.Equal(fault, action.Failure);
        Assert.Null(world.Catalog.FindGuest(server.Id));
        // Its memory is free again.
        world.Memory.Mib = 512;
        Assert.NotNull(world.Admission.TryReserve(512));
    }

    [Fact]
    public async Task A_stopped_server_starts_and_one_that_cannot_stays_stopped_with_the_reason()
    {
        await using var world = new ComputeWorld();
        var (server, _) = await world.AddRunningAsync();
        await world.RunAsync(world.Stop, server);
        world.Launcher.Refusal = "no such device";
        await world.Catalog.BeginTaskAsync(server.Id, TaskStates.PoweringOn, [VmState.Stopped], ComputeWorld.Ct);

        await Assert.ThrowsAsync<Fault>(() => world.RunAsync(world.Start, server));

        var refused = await world.FindAsync(server.Id);
        Assert.Equal((VmState.Stopped, null, LastStop.Clean, "QEMU did not start the guest: no such device"),
            (refused.State, refused.TaskState, refused.LastStop, refused.Fault?.Message));

        world.Launcher.Refusal = null;
        await world.Catalog.BeginTaskAsync(server.Id, TaskStates.PoweringOn, [VmState.Stopped], ComputeWorld.Ct);
        await world.RunAsync(world.Start, server);

        var started = await world.FindAsync(server.Id);
        Assert.Equal((VmState.Active, null, LastStop.None, null), (started.State, started.TaskState, started.LastStop, started.Fault));
    }

    [Theory]
    [InlineData(false, true, true, "guest-reboot")]
    [InlineData(false, false, true, "send-key")]
    [InlineData(false, false, false, "send-key,system_reset")]
    [InlineData(true, true, true, "system_reset")]
    public async Task A_reboot_is_the_guests_own_unless_it_is_hard_or_does_not_happen(bool hard, bool agent, bool heedsKeys, string told)
    {
        await using var world = new ComputeWorld();
        var (server, guest) = await world.AddRunningAsync(WithAgent());
        (guest.AgentAnswers, guest.HeedsControlAltDelete) = (agent, heedsKeys);
        await world.Catalog.BeginTaskAsync(server.Id, hard ? TaskStates.RebootingHard : TaskStates.Rebooting, [VmState.Active], ComputeWorld.Ct);

        await world.RunAsync(world.Reboot, server, RebootTask.PayloadOf(hard));

        Assert.Equal(told, string.Join(',', guest.Told));
        var after = await world.FindAsync(server.Id);
        Assert.Equal((VmState.Active, null), (after.State, after.TaskState));
    }

    [Fact]
    public async Task A_hard_reboot_starts_a_server_that_is_off()
    {
        await using var world = new ComputeWorld();
        var (server, _) = await world.AddRunningAsync();
        await world.RunAsync(world.Stop, server);

        await world.RunAsync(world.Reboot, server, RebootTask.PayloadOf(hard: true));

        Assert.Equal(VmState.Active, (await world.FindAsync(server.Id)).State);
        Assert.NotNull(world.Catalog.FindGuest(server.Id));
    }

    [Fact]
    public async Task A_deletion_ends_the_guest_and_leaves_nothing()
    {
        await using var world = new ComputeWorld();
        var (server, guest) = await world.AddRunningAsync();
        await world.Database.WriteAsync(scope => world.Servers.BeginDeleteAsync(scope, server.Id), ComputeWorld.Ct);

        await world.RunAsync(world.Delete, server);

        Assert.Null(await world.Servers.FindAsync(server.Id, ComputeWorld.Ct));
        Assert.Equal(["kill"], guest.Told);
        Assert.Empty(world.Blobs.Holders);
        Assert.False(Directory.Exists(world.Directories.Of(server.Id)));
        Assert.Empty(await world.Actions.ListAsync(server.Id, ComputeWorld.Ct));
    }

    [Fact]
    public async Task A_deletion_that_fails_says_why_and_can_be_asked_for_again()
    {
        await using var world = new ComputeWorld();
        var (server, guest) = await world.AddRunningAsync();
        guest.Unkillable = new IOException("The process could not be ended");
        Assert.True(await world.Database.WriteAsync(scope => world.Servers.BeginDeleteAsync(scope, server.Id), ComputeWorld.Ct));

        await Assert.ThrowsAsync<IOException>(() => world.RunAsync(world.Delete, server));

        var kept = await world.FindAsync(server.Id);
        Assert.Equal((VmState.Error, null, "The process could not be ended."), (kept.State, kept.TaskState, kept.Fault?.Message));
        Assert.Equal("The process could not be ended.", (await world.Actions.ListAsync(server.Id, ComputeWorld.Ct)).Single(a => a.Action == "delete").Failure);

        guest.Unkillable = null;
        Assert.True(await world.Database.WriteAsync(scope => world.Servers.BeginDeleteAsync(scope, server.Id), ComputeWorld.Ct));
        await world.RunAsync(world.Delete, server);
        Assert.Null(await world.Servers.FindAsync(server.Id, ComputeWorld.Ct));
        Assert.Equal(["kill"], guest.Told);
    }

    [Fact]
    public async Task A_deletion_ends_a_build_that_is_under_way_first()
    {
        await using var world = new ComputeWorld();
        var server = await world.AddAsync();
        var starting = new TaskCompletionSource();
        world.Launcher.BeforeStart = async ct =>
        {
            starting.SetResult();
            await Task.Delay(Timeout.Infinite, ct);
        };
        var build = world.RunAsync(world.Build, server);
        await starting.Task;
        await world.Database.WriteAsync(scope => world.Servers.BeginDeleteAsync(scope, server.Id), ComputeWorld.Ct);

        await world.RunAsync(world.Delete, server);

        await build;
        Assert.Null(await world.Servers.FindAsync(server.Id, ComputeWorld.Ct));
        Assert.Empty(world.Blobs.Holders);
        Assert.False(Directory.Exists(world.Directories.Of(server.Id)));
    }

    [Fact]
    public async Task A_task_of_a_server_that_is_being_deleted_does_nothing()
    {
        await using var world = new ComputeWorld();
        var server = await world.AddAsync();
        await world.Database.WriteAsync(scope => world.Servers.BeginDeleteAsync(scope, server.Id), ComputeWorld.Ct);

        await world.RunAsync(world.Build, server);

        Assert.Empty(world.Launcher.Started);
        Assert.Equal(TaskStates.Deleting, (await world.FindAsync(server.Id)).TaskState);
    }

    private static ServerModel WithAgent(params (string Name, string Value)[] more)
    {
        var server = ComputeWorld.Describe();
        var properties = more.Append(("hw_qemu_guest_agent", "yes")).ToDictionary(p => p.Item1, p => p.Item2);
        return server with { Image = server.Image with { Properties = properties } };
    }
}
