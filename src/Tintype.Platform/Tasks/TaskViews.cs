using Tintype.Platform.Database;
using Tintype.Protocol.Extensions;

namespace Tintype.Platform.Tasks;

/// <summary>Tasks as the extension API shows them.</summary>
internal sealed class TaskViews(TaskHandlers handlers)
{
    public TaskView View(TaskRecord task) => new(
        task.Id, task.Kind, TaskRepository.Word(task.State), task.SubjectId, task.ProjectId, task.UserId, task.RequestId,
        task.Progress, task.Step, task.BytesDone, task.BytesTotal, task.BytesPerSecond, task.SecondsLeft,
        !task.HasEnded && task.CancelReason is null && handlers.UncancellableBecause(task.Kind) is null, !task.HasEnded && task.CancelReason is not null,
        task.Reason, task.CreatedAt.ToWire(), task.StartedAt?.ToWire(), task.FinishedAt?.ToWire());
}
