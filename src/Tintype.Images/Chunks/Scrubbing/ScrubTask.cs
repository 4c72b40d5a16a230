using Tintype.Platform.Tasks;

namespace Tintype.Images.Chunks.Scrubbing;

/// <summary>Reads the chunks through when an administrator asks for it. What a crash interrupts is gone on with.</summary>
internal sealed class ScrubTask(ChunkScrubber scrubber) : ITaskHandler
{
    public const string TaskKind = "chunk-scrub";

    public string Kind => TaskKind;

    public int MaxConcurrency => 1;

    public Task RunAsync(TaskContext task, CancellationToken ct) => scrubber.RunAsync(static _ => true, ct);

    public Task<TaskRecovery> RecoverAsync(TaskRecord task, CancellationToken ct) => Task.FromResult(TaskRecovery.Rerun);
}
