using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Tasks;

internal static class ImageTaskEndpoints
{
    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/images/{id}/tasks", ListAboutAsync).RejectBody();
        api.MapGet("/tasks", ListAsync);
        api.MapPost("/tasks", CreateAsync);
        api.MapGet("/tasks/{id}", ShowAsync);
        api.MapDelete("/tasks/{id}", Refuse);
    }

    private static async Task<JsonHttpResult<TasksOfImageView>> ListAboutAsync(string id, Caller caller, ImageTasks tasks, CancellationToken ct) => TypedResults.Json(
        new TasksOfImageView(await tasks.ListAboutAsync(ImageId.Parse(id, ImageAction.Show), caller, ct)), ImagesJson.Default.TasksOfImageView, "application/json");

    private static async Task<JsonHttpResult<ImageTaskListView>> ListAsync(HttpRequest request, Caller caller, ImageTasks tasks, CancellationToken ct)
    {
        var query = ImageTaskQuery.Parse(request.Query);
        var found = await tasks.ListAsync(query, caller, ct);
        var first = request.Query.Where(p => p.Key != "marker").SelectMany(p => p.Value, (p, value) => KeyValuePair.Create(p.Key, value ?? "")).ToList();
        var next = found.Count > 0 && found.Count == query.Limit ? Link([.. first, new("marker", found[^1].Id.ToString())]) : null;
        return TypedResults.Json(new ImageTaskListView(found, Link(first), "/v2/schemas/tasks", next), ImagesJson.Default.ImageTaskListView, "application/json");
    }

    private static async Task<JsonHttpResult<ImageTaskView>> CreateAsync(HttpContext http, Caller caller, LegacyImport import, ImageTasks tasks, CancellationToken ct)
    {
        import.Permit(caller);
        using var body = await GlanceRequest.ReadJsonAsync(http.Request, ct);
        var id = await import.StartAsync(body.RootElement, caller, RequestId.Of(http), ct);
        http.Response.Headers.Location = PublicUrl.Of(http.Request, $"/image/v2/tasks/{id}");
        var made = await tasks.FindAsync(id.ToString(), caller, ct);
        // As it was made: it may have begun by now, or even ended.
        return Json(made with { Status = "pending", Result = null, Message = "", ExpiresAt = null, UpdatedAt = made.CreatedAt }, StatusCodes.Status201Created);
    }

    private static async Task<JsonHttpResult<ImageTaskView>> ShowAsync(string id, Caller caller, ImageTasks tasks, CancellationToken ct) =>
        Json(await tasks.FindAsync(id, caller, ct), StatusCodes.Status200OK);

    private static void Refuse(string id, Caller caller, LegacyImport import)
    {
        import.Permit(caller);
        throw new Fault(FaultKind.MethodNotAllowed,
            "This operation is currently not permitted on Glance Tasks. They are auto deleted after reaching the time based on their expires_at property.")
            .WithHeader("Allow", "GET");
    }

    private static JsonHttpResult<ImageTaskView> Json(ImageTaskView task, int status) =>
        TypedResults.Json(task, ImagesJson.Default.ImageTaskView, "application/json", status);

    private static string Link(List<KeyValuePair<string, string>> parameters) => parameters.Count == 0
        ? "/v2/tasks" : $"/v2/tasks{QueryString.Create(parameters!)}";
}
