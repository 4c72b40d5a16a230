using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Platform.Policy;
using Tintype.Protocol.Extensions;

namespace Tintype.Platform.Tasks;

internal static class TaskEndpoints
{
    private const string Root = "/tintype/v1/tasks";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Root, ListAsync);
        routes.MapGet(Root + "/{id:guid}", ShowAsync);
        routes.MapPost(Root + "/{id:guid}/cancel", CancelAsync);
    }

    private static async Task<JsonHttpResult<TaskListView>> ListAsync(HttpRequest request, Caller caller, TaskQueue tasks, TaskViews views, CancellationToken ct)
    {
        var query = TaskListRequest.Parse(request.Query, caller);
        var found = await tasks.ListAsync(query, ct);
        var next = found.Count < query.Limit ? null : Root + QueryString.Create(
            [.. request.Query.Where(p => p.Key != "marker").SelectMany(p => p.Value, (p, value) => KeyValuePair.Create(p.Key, value)), KeyValuePair.Create("marker", (string?)found[^1].Id.ToString())]);
        return TypedResults.Json(new TaskListView([.. found.Select(views.View)], next), ExtensionsJson.Default.TaskListView);
    }

    private static async Task<JsonHttpResult<TaskView>> ShowAsync(Guid id, Caller caller, TaskCancellation tasks, TaskViews views, CancellationToken ct) =>
        TypedResults.Json(views.View(await tasks.FindAsync(id, caller, ct)), ExtensionsJson.Default.TaskView);

    private static async Task<JsonHttpResult<TaskView>> CancelAsync(Guid id, Caller caller, TaskCancellation tasks, TaskViews views, CancellationToken ct) =>
        TypedResults.Json(views.View(await tasks.CancelAsync(id, caller, ct)), ExtensionsJson.Default.TaskView, statusCode: StatusCodes.Status202Accepted);
}
