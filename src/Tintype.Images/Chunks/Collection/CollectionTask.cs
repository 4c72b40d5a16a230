using System.Text.Json;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Chunks.Collection;

/// <summary>What an administrator has asked for.</summary>
internal sealed record CollectionWork(bool DryRun)
{
    public const string Kind = "chunk-collection";

    public string ToJson() => JsonSerializer.Serialize(this, CollectionJson.Default.CollectionWork);

    public static CollectionWork Of(TaskRecord task) => JsonSerializer.Deserialize(task.Payload, CollectionJson.Default.CollectionWork)!;
}

/// <summary>Collects when an administrator asks for it. What a crash interrupts is gone on with.</summary>
internal sealed class CollectionTask(ChunkCollector collector) : ITaskHandler
{
    public string Kind => CollectionWork.Kind;

    public int MaxConcurrency => 1;

    public Task RunAsync(TaskContext task, CancellationToken ct) => collector.CollectAsync(CollectionWork.Of(task.Task).DryRun, ct);

    public Task<TaskRecovery> RecoverAsync(TaskRecord task, CancellationToken ct) => Task.FromResult(TaskRecovery.Rerun);
}
