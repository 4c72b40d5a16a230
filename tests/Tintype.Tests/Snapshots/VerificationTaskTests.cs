using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;
using Tintype.Qemu.Process;
using Tintype.Snapshots.Verification;
using Xunit;

namespace Tintype.Tests.Snapshots;

public sealed class VerificationTaskTests : IDisposable
{
    private readonly TrialWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task The_guest_has_the_images_hardware_no_network_and_no_way_to_the_images_data()
    {
        _world.Guest.Answers = true;
        await _world.RunAsync(await _world.BeginAsync());

        var spec = _world.Spec!;
        Assert.Null(spec.Nic);
        Assert.Null(spec.ConfigDrive);
        Assert.True(spec.AgentChannel);
        Assert.Equal((512, 1, 4711u), (spec.MemoryMib, spec.Vcpus, spec.IsolationUid));
        var disk = Assert.Single(spec.Disks);
        Assert.True(disk.Ephemeral);
        Assert.Equal(DiskBus.Ide, disk.Bus);
        Assert.Equal([new DiskLayer("/blobs/x", "vmdk")], disk.Layers);
        _world.AssertTidy();
    }

    [Theory]
    [InlineData(true, "", "agent")]
    [InlineData(false, "\nvm login: ", "login prompt")]
    public async Task An_agent_or_a_prompt_passes_and_the_evidence_is_kept(bool answers, string console, string reached)
    {
        _world.Guest.Answers = answers;
        _world.Guest.Console = console;
        var task = await _world.BeginAsync();
        await _world.RunAsync(task);

        var found = await _world.Verifications.FindAsync(_world.Image!.Id, TrialWorld.Member, TestContext.Current.CancellationToken);
        Assert.Equal((task.Id, "passed", reached, null), (found.TaskId, found.Verdict.ToWord(), found.Reached!.Value.ToWord(), found.Reason));
        Assert.NotNull(found.FinishedAt);
        Assert.Equal("passed", _world.Properties["tintype_verified"]);
        Assert.Equal(console, await File.ReadAllTextAsync(_world.Evidence.ConsoleOf(_world.Image.Id), TestContext.Current.CancellationToken));
        Assert.Equal("PNG", await File.ReadAllTextAsync(_world.Evidence.ScreenshotOf(_world.Image.Id), TestContext.Current.CancellationToken));
        _world.AssertTidy();
    }

    [Fact]
    public async Task A_guest_that_says_nothing_in_time_fails()
    {
        _world.Guest.TimePasses = true;
        await _world.RunAsync(await _world.BeginAsync());

        await AssertFailedAsync("Neither did its guest agent answer nor did its serial console show a login prompt within 90 s.");
        Assert.True(File.Exists(_world.Evidence.ScreenshotOf(_world.Image!.Id)));
    }

    [Theory]
    [InlineData(GuestExitKind.GuestShutdown, null, "The guest powered itself off before it had booted.")]
    [InlineData(GuestExitKind.Failed, "The guest's operating system panicked.", "The guest died before it had booted: The guest's operating system panicked.")]
    [InlineData(GuestExitKind.Forced, null, "The guest was ended from outside before it had booted.")]
    public async Task A_guest_that_ends_fails_with_the_reason(GuestExitKind kind, string? said, string reason)
    {
        _world.Guest.End(kind, said);
        await _world.RunAsync(await _world.BeginAsync());
        await AssertFailedAsync(reason);
    }

    [Fact]
    public async Task What_qemu_refuses_to_open_fails()
    {
        _world.QemuRefuses = true;
        await _world.RunAsync(await _world.BeginAsync());
        await AssertFailedAsync("QEMU did not start a guest from it: Could not open '/dev/fdset/3': Image is not in vmdk format");
    }

    [Fact]
    public async Task Of_a_talkative_guest_the_consoles_end_is_kept()
    {
        _world.Guest.Answers = true;
        _world.Guest.Console = new string('x', 5000) + "the end";
        await _world.RunAsync(await _world.BeginAsync());

        var kept = await File.ReadAllTextAsync(_world.Evidence.ConsoleOf(_world.Image!.Id), TestContext.Current.CancellationToken);
        Assert.Equal(1024, kept.Length);
        Assert.EndsWith("the end", kept, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trial_that_could_not_be_made_is_no_verdict()
    {
        _world.HasMemory = false;
        var task = await _world.BeginAsync();

        var refusal = await Assert.ThrowsAsync<Fault>(() => _world.RunAsync(task));

        Assert.Contains("no room for a guest of 512 MiB", refusal.Message, StringComparison.Ordinal);
        Assert.False(_world.Properties.ContainsKey("tintype_verified"));
        await Assert.ThrowsAsync<Fault>(() => _world.Verifications.FindAsync(_world.Image!.Id, TrialWorld.Member, TestContext.Current.CancellationToken));
        _world.AssertTidy();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_trial_that_is_cancelled_is_no_verdict(bool running)
    {
        var task = await _world.BeginAsync();
        using var cancel = new CancellationTokenSource();
        if (running)
        {
            var run = _world.Handler.RunAsync(new TaskContext(task, new TaskMeter(_world.Time)), cancel.Token);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        }

        Assert.True(await _world.Handler.TryUndoAsync(task, "Cancelled by ann."));

        Assert.False(_world.Properties.ContainsKey("tintype_verified"));
        await Assert.ThrowsAsync<Fault>(() => _world.Verifications.FindAsync(_world.Image!.Id, TrialWorld.Member, TestContext.Current.CancellationToken));
        _world.AssertTidy();
    }

    [Fact]
    public async Task A_verdict_is_not_taken_back()
    {
        _world.Guest.Answers = true;
        var task = await _world.BeginAsync();
        await _world.RunAsync(task);

        Assert.False(await _world.Handler.TryUndoAsync(task, "Cancelled by ann."));

        Assert.Equal("passed", _world.Properties["tintype_verified"]);
    }

    [Fact]
    public async Task One_verification_runs_at_a_time_and_the_next_replaces_it()
    {
        _world.Guest.TimePasses = true;
        var first = await _world.BeginAsync();
        var refusal = await Assert.ThrowsAsync<Fault>(_world.BeginAsync);
        Assert.Equal(FaultKind.Conflict, refusal.Kind);
        Assert.Contains(first.Id.ToString(), refusal.Message, StringComparison.Ordinal);
        await _world.RunAsync(first);

        _world.Guest.Answers = true;
        var second = await _world.BeginAsync();
        await _world.RunAsync(second);

        var found = await _world.Verifications.FindAsync(_world.Image!.Id, TrialWorld.Member, TestContext.Current.CancellationToken);
        Assert.Equal((second.Id, Verdict.Passed), (found.TaskId, found.Verdict));
    }

    [Fact]
    public async Task After_a_crash_the_guest_that_was_left_is_ended_and_the_trial_made_again()
    {
        var task = await _world.BeginAsync();
        _world.Evidence.Begin(_world.Image!.Id);
        await _world.HoldAsync(_world.Image.Id, new("verification", _world.Image.Id), TestContext.Current.CancellationToken);
        _world.LeftRunning = true;

        Assert.Equal(TaskRecovery.Rerun, await _world.Handler.RecoverAsync(task, TestContext.Current.CancellationToken));
        _world.AssertTidy();

        _world.Guest.Answers = true;
        await _world.RunAsync(task);
        Assert.Equal("passed", _world.Properties["tintype_verified"]);
    }

    [Fact]
    public async Task The_evidence_of_an_image_that_is_gone_is_swept()
    {
        _world.Guest.Answers = true;
        await _world.RunAsync(await _world.BeginAsync());
        Assert.Single(_world.Evidence.List());

        await _world.Sweep.SweepAsync(TestContext.Current.CancellationToken);
        Assert.Single(_world.Evidence.List());

        _world.Image = null;
        await _world.Sweep.SweepAsync(TestContext.Current.CancellationToken);
        Assert.Empty(_world.Evidence.List());
        Assert.Empty(await _world.Rows.ListImagesAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Who_may_not_see_the_image_learns_nothing_and_a_reader_may_not_boot_it()
    {
        var stranger = new Caller("u2", "bob", "p2", "two", "default", ["member", "reader"]);
        var reader = TrialWorld.Member with { Roles = ["reader"] };
        var id = _world.Image!.Id;

        Assert.Equal(FaultKind.NotFound, (await Assert.ThrowsAsync<Fault>(() => _world.Verifications.BeginAsync(id, stranger, "r", TestContext.Current.CancellationToken))).Kind);
        Assert.Equal(FaultKind.NotFound, (await Assert.ThrowsAsync<Fault>(() => _world.Verifications.FindAsync(id, stranger, TestContext.Current.CancellationToken))).Kind);
        Assert.Equal(FaultKind.Forbidden, (await Assert.ThrowsAsync<Fault>(() => _world.Verifications.BeginAsync(id, reader, "r", TestContext.Current.CancellationToken))).Kind);
    }

    [Theory]
    [InlineData(ImageStatus.Queued)]
    [InlineData(ImageStatus.Saving)]
    [InlineData(ImageStatus.Deactivated)]
    public async Task Only_an_active_image_is_booted(ImageStatus status)
    {
        _world.Image = _world.Image! with { Status = status };
        var refusal = await Assert.ThrowsAsync<Fault>(_world.BeginAsync);
        Assert.Equal(FaultKind.Conflict, refusal.Kind);
    }

    [Fact]
    public async Task A_host_without_guests_says_so()
    {
        _world.UnavailableBecause = "Guests cannot run on this host.";
        var refusal = await Assert.ThrowsAsync<Fault>(_world.BeginAsync);
        Assert.Equal((FaultKind.Unavailable, "Guests cannot run on this host."), (refusal.Kind, refusal.Message));
    }

    private async Task AssertFailedAsync(string reason)
    {
        var found = await _world.Verifications.FindAsync(_world.Image!.Id, TrialWorld.Member, TestContext.Current.CancellationToken);
        Assert.Equal(("failed", "nothing", reason), (found.Verdict.ToWord(), found.Reached!.Value.ToWord(), found.Reason));
        Assert.Equal("failed", _world.Properties["tintype_verified"]);
        _world.AssertTidy();
    }
}
