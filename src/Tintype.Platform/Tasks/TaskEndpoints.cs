using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol.Extensions;

namespace Tintype.Platform.Tasks;

internal static class TaskEndpoints
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/tintype/v1/tasks/{id:guid}", ShowAsync);

    private static async Task<JsonHttpResult<TaskView>> ShowAsync(Guid id, Caller caller, TaskQueue tasks, CancellationToken ct)
    {
        var task = await tasks.FindAsync(id, ct);
        if (task is null || (task.ProjectId != caller.ProjectId && !caller.IsAdmin))
            throw Fault.NotFound($"No task found with ID {id}.");
        return TypedResults.Json(View(task), ExtensionsJson.Default.TaskView);
    }

    internal static TaskView View(TaskRecord task) => new(task.Id, task.Kind, TaskRepository.Word(task.State), task.SubjectId, task.Progress,
        task.Reason, task.CreatedAt.ToWire(), task.StartedAt?.ToWire(), task.FinishedAt?.ToWire());
}
