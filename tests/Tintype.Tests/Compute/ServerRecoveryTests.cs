using Tintype.Compute.Servers;
using Tintype.Compute.Servers.Life;
using Tintype.Platform.Http;
using Tintype.Qemu.Process;
using Xunit;

namespace Tintype.Tests.Compute;

public sealed class ServerRecoveryTests
{
    [Fact]
    public async Task A_guest_that_still_runs_is_found_and_watched_again()
    {
        await using var world = new ComputeWorld();
        var (server, guest) = await world.AddRunningAsync();
        await world.Recovery.StopAsync(ComputeWorld.Ct);

        await world.Recovery.StartAsync(ComputeWorld.Ct);

        Assert.Equal(VmState.Active, (await world.FindAsync(server.Id)).State);
        var ended = world.Guests.Find(server.Id)!.Ended;
        guest.End(GuestExitKind.GuestShutdown);
        await ended;
        Assert.Equal((VmState.Stopped, LastStop.Clean), ((await world.FindAsync(server.Id)).State, (await world.FindAsync(server.Id)).LastStop));
    }

    [Fact]
    public async Task A_guest_that_ended_meanwhile_is_stopped_and_not_said_to_be_clean()
    {
        await using var world = new ComputeWorld();
        var (server, _) = await world.AddRunningAsync();
        await world.Recovery.StopAsync(ComputeWorld.Ct);
        world.Launcher.Running.Clear();

        await world.Recovery.StartAsync(ComputeWorld.Ct);

        var stopped = await world.FindAsync(server.Id);
        Assert.Equal((VmState.Stopped, LastStop.Crash, "The guest ended while Tintype was not running, so that it is not known why."),
            (stopped.State, stopped.LastStop, stopped.Fault?.Message));
    }

    [Fact]
    public async Task What_no_task_holds_any_more_is_free()
    {
        await using var world = new ComputeWorld();
        var (held, _) = await world.AddRunningAsync();
        await world.Database.WriteAsync(async scope =>
        {
            await world.Catalog.BeginTaskAsync(scope, held.Id, "image_snapshot_pending", [VmState.Active]);
            await world.Queue.EnqueueAsync(scope, ComputeWorld.NewTask("server.snapshot", held));
        }, ComputeWorld.Ct);
        var (stray, _) = await world.AddRunningAsync(ComputeWorld.Describe("stray") with { IsolationUid = 100_001 });
        await world.Catalog.BeginTaskAsync(stray.Id, "image_snapshot", [VmState.Active], ComputeWorld.Ct);
        await world.Recovery.StopAsync(ComputeWorld.Ct);

        await world.Recovery.StartAsync(ComputeWorld.Ct);

        Assert.Equal("image_snapshot_pending", (await world.FindAsync(held.Id)).TaskState);
        Assert.Null((await world.FindAsync(stray.Id)).TaskState);
    }

    [Fact]
    public async Task What_belongs_to_no_server_is_removed_with_its_guest()
    {
        await using var world = new ComputeWorld();
        var orphan = Guid.NewGuid();
        var directory = world.Directories.Make(orphan);
        var guest = (FakeGuestProcess)await world.Launcher.StartAsync(
            new GuestSpec(orphan, "orphan", directory, 64, 1, [], null, null, false, 1), ComputeWorld.Ct);

        await world.Recovery.StartAsync(ComputeWorld.Ct);

        Assert.Equal(["kill"], guest.Told);
        Assert.False(Directory.Exists(directory));
    }

    [Fact]
    public async Task A_build_that_a_crash_interrupted_is_made_anew()
    {
        await using var world = new ComputeWorld();
        var server = await world.AddAsync();
        var directory = world.Directories.Make(server.Id);
        var half = (FakeGuestProcess)await world.Launcher.StartAsync(
            new GuestSpec(server.Id, "half", directory, 64, 1, [], null, null, false, 1), ComputeWorld.Ct);
        await world.Recovery.StartAsync(ComputeWorld.Ct);

        await world.RunAsync(world.Build, server);

        Assert.Equal(["kill"], half.Told);
        Assert.Equal(VmState.Active, (await world.FindAsync(server.Id)).State);
        Assert.NotSame(half, world.Launcher.Running[directory]);
    }

    [Fact]
    public async Task A_stop_that_a_crash_interrupted_goes_on()
    {
        await using var world = new ComputeWorld();
        var (server, guest) = await world.AddRunningAsync();
        await world.Database.WriteAsync(async scope =>
        {
            await world.Catalog.BeginTaskAsync(scope, server.Id, TaskStates.PoweringOff, [VmState.Active]);
            await world.Queue.EnqueueAsync(scope, ComputeWorld.NewTask(ServerTask.Stop, server));
        }, ComputeWorld.Ct);
        await world.Recovery.StopAsync(ComputeWorld.Ct);
        await world.Recovery.StartAsync(ComputeWorld.Ct);

        await world.RunAsync(world.Stop, server);

        Assert.Equal(["system_powerdown"], guest.Told);
        var stopped = await world.FindAsync(server.Id);
        Assert.Equal((VmState.Stopped, null, LastStop.Clean), (stopped.State, stopped.TaskState, stopped.LastStop));
    }

    [Fact]
    public async Task A_start_and_a_stop_whose_end_was_written_down_are_not_done_again()
    {
        await using var world = new ComputeWorld();
        var (server, guest) = await world.AddRunningAsync();

        await world.RunTaskAsync(world.Stop, server);
        Assert.Empty(guest.Told);
        Assert.Equal(VmState.Active, (await world.FindAsync(server.Id)).State);

        await world.RunAsync(world.Stop, server);
        await world.RunTaskAsync(world.Start, server);
        Assert.Null(world.Guests.Find(server.Id));
        Assert.Equal((VmState.Stopped, null), ((await world.FindAsync(server.Id)).State, (await world.FindAsync(server.Id)).TaskState));
    }

    [Fact]
    public async Task An_actions_end_is_written_down_once()
    {
        await using var world = new ComputeWorld();
        var server = await world.AddAsync();
        await world.Actions.EndAsync(server.Id, "stop", "req-1", ComputeWorld.UserId, "It had to be forced.", ComputeWorld.Ct);
        await world.Actions.EndAsync(server.Id, "stop", "req-1", ComputeWorld.UserId, null, ComputeWorld.Ct);

        Assert.Equal("It had to be forced.", Assert.Single(await world.Actions.ListAsync(server.Id, ComputeWorld.Ct)).Failure);
    }

    [Fact]
    public async Task Only_one_operation_holds_a_server_and_the_refusal_is_Novas()
    {
        await using var world = new ComputeWorld();
        var (server, _) = await world.AddRunningAsync();

        var state = await Assert.ThrowsAsync<Fault>(() => world.Catalog.BeginTaskAsync(server.Id, TaskStates.PoweringOn, [VmState.Stopped], ComputeWorld.Ct));
        Assert.Equal((FaultKind.Conflict, $"Cannot 'start' instance {server.Id} while it is in vm_state active"), (state.Kind, state.Message));

        await world.Catalog.BeginTaskAsync(server.Id, "image_snapshot_pending", [VmState.Active], ComputeWorld.Ct);
        var busy = await Assert.ThrowsAsync<Fault>(() => world.Catalog.BeginTaskAsync(server.Id, TaskStates.PoweringOff, [VmState.Active], ComputeWorld.Ct));
        Assert.Equal((FaultKind.Conflict, $"Cannot 'stop' instance {server.Id} while it is in task_state image_snapshot_pending"), (busy.Kind, busy.Message));

        var gone = Guid.NewGuid();
        var absent = await Assert.ThrowsAsync<Fault>(() => world.Catalog.BeginTaskAsync(gone, TaskStates.PoweringOff, [VmState.Active], ComputeWorld.Ct));
        Assert.Equal((FaultKind.NotFound, $"Instance {gone} could not be found."), (absent.Kind, absent.Message));
    }
}
