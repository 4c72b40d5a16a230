using Microsoft.Extensions.Logging;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;

namespace Tintype.Snapshots.Verification;

/// <summary>
/// The durable task behind boot &amp; test.
/// <code>
/// image's data held ► memory admitted ► throw-away guest ► agent, prompt, end or time-out ► evidence kept ► guest gone ► verdict
/// </code>
/// Nothing of it touches the image's data, so whatever a crash interrupts is simply done again: the guest that was left is ended first.
/// If the trial could not be made at all (no memory, the image is gone), or it was cancelled, there is no verdict; the task says why.
/// </summary>
internal sealed class VerificationTask(TrialBoot trial, VerificationRepository verifications, EvidenceFolder evidence, IImageCatalog images,
    ISystemImages systemImages, ILogger<VerificationTask> log) : ITaskHandler
{
    public const string TaskKind = "verification";

    /// <summary>The property that keeps the verdict on the image.</summary>
    public const string Property = "tintype_verified";

    public string Kind => TaskKind;

    // A guest without KVM takes a processor of its own; two would time each other out.
    public int MaxConcurrency => 1;

    public string? UncancellableBecause => null;

    public async Task RunAsync(TaskContext task, CancellationToken ct)
    {
        var imageId = task.Task.SubjectId;
        BootOutcome outcome;
        try
        {
            var image = await images.FindAsync(imageId, ct) ?? throw Fault.NoImageToVerify(imageId);
            await SetPropertyAsync(imageId, Verdict.Running.ToWord(), ct);
            task.Step("booting");
            outcome = await trial.RunAsync(image, ct);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            await ForgetAsync(imageId);
            throw;
        }

        // The property first: who waits for the verdict finds it on the image. A crash in between makes the trial again.
        await SetPropertyAsync(imageId, outcome.Verdict.ToWord(), CancellationToken.None);
        await verifications.FinishAsync(imageId, outcome, CancellationToken.None);
        VerificationLog.Judged(log, imageId, outcome.Verdict.ToWord(), outcome.Reached.ToWord(), outcome.Took.TotalSeconds);
    }

    public async Task<TaskRecovery> RecoverAsync(TaskRecord task, CancellationToken ct)
    {
        await trial.CleanUpAsync(task.SubjectId, ct);
        return TaskRecovery.Rerun;
    }

    public async Task<bool> TryUndoAsync(TaskRecord task, string reason)
    {
        if (await verifications.FindAsync(task.SubjectId, CancellationToken.None) is { Verdict: not Verdict.Running })
            return false;
        await ForgetAsync(task.SubjectId);
        return true;
    }

    private async Task ForgetAsync(Guid imageId)
    {
        evidence.Remove(imageId);
        await SetPropertyAsync(imageId, null, CancellationToken.None);
        await verifications.DeleteAsync(imageId, CancellationToken.None);
    }

    private Task SetPropertyAsync(Guid imageId, string? value, CancellationToken ct) =>
        systemImages.SetPropertiesAsync(imageId, new Dictionary<string, string?> { [Property] = value }, ct);
}
