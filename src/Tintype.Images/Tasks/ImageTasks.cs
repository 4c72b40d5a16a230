using System.Text.Json;
using System.Text.Json.Nodes;
using Tintype.Images.Import;
using Tintype.Images.Locations;
using Tintype.Images.Policies;
using Tintype.Images.Records;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;
using Tintype.Protocol.Images;

namespace Tintype.Images.Tasks;

/// <summary>
/// The imports as tasks of the Images API: to administrators all of them, and to whoever sees an image those about it. What has
/// ended two days ago is not told any more, as in Glance.
/// </summary>
internal sealed class ImageTasks(TaskQueue tasks, ImageLifecycle images, ImagePolicies policies, TimeProvider time)
{
    private static readonly string[] _kinds = [ImportWork.Kind, LocationWork.Kind];
    private static readonly TimeSpan _remembered = TimeSpan.FromHours(48);

    /// <exception cref="Fault">404: no such image for the caller.</exception>
    public async Task<IReadOnlyList<ImageTaskView>> ListAboutAsync(Guid imageId, Caller caller, CancellationToken ct)
    {
        await images.FindForAsync(ImageAction.Show, imageId, caller, ct);
        return [.. (await tasks.ListAboutAsync(imageId, ct)).Where(task => IsOfImages(task) && IsRemembered(task)).Select(View)];
    }

    /// <exception cref="Fault">403; 400: there is no such marker.</exception>
    public async Task<IReadOnlyList<ImageTaskStubView>> ListAsync(ImageTaskQuery query, Caller caller, CancellationToken ct)
    {
        policies.Require(ImagePolicy.TasksApiAccess, caller);
        var found = await tasks.ListAsync(
            new TaskQuery(_kinds, query.States, query.Marker, query.Limit, query.OldestFirst) { EndedSince = time.GetUtcNow() - _remembered }, ct);
        return [.. found.Select(Stub)];
    }

    /// <exception cref="Fault">403; 404.</exception>
    public async Task<ImageTaskView> FindAsync(string id, Caller caller, CancellationToken ct)
    {
        policies.Require(ImagePolicy.TasksApiAccess, caller);
        var task = ImageId.Find(id) is { } parsed ? await tasks.FindAsync(parsed, ct) : null;
        return task is not null && IsOfImages(task) && IsRemembered(task) ? View(task) : throw Fault.NotFound($"No task found with ID {id}");
    }

    private static bool IsOfImages(TaskRecord task) => _kinds.Contains(task.Kind);

    private static string ApiType(TaskRecord task) => task.Kind == LocationWork.Kind ? LocationWork.Kind : ImportWork.Of(task).ApiType;

    private bool IsRemembered(TaskRecord task) => task.FinishedAt is not { } end || time.GetUtcNow() - end < _remembered;

    private static ImageTaskStubView Stub(TaskRecord task) => new(task.Id, ApiType(task), Word(task.State), task.ProjectId, Expiry(task),
        task.CreatedAt.ToWire(), Updated(task), $"/v2/tasks/{task.Id}", "/v2/schemas/task");

    private static ImageTaskView View(TaskRecord task) => new(task.Id, ApiType(task), Word(task.State), task.ProjectId,
        task.Kind == LocationWork.Kind ? Input(task, LocationWork.Of(task)) : Input(task, ImportWork.Of(task)), Result(task), task.Reason ?? "",
        task.SubjectId, task.RequestId, task.UserId, Expiry(task), task.CreatedAt.ToWire(), Updated(task), $"/v2/tasks/{task.Id}", "/v2/schemas/task");

    private static string? Expiry(TaskRecord task) => task.FinishedAt is { } end ? (end + _remembered).ToWire() : null;

    private static string Updated(TaskRecord task) => (task.FinishedAt ?? task.StartedAt ?? task.CreatedAt).ToWire();

    private static string Word(TaskState state) => state switch
    {
        TaskState.Pending => "pending",
        TaskState.Running => "processing",
        TaskState.Success => "success",
        // Glance has no word for what was cancelled; the message says it.
        _ => "failure",
    };

    private static JsonElement Input(TaskRecord task, ImportWork work)
    {
        if (work is { IsLegacy: true, Said: { } said })
            return said;
        return Element(new JsonObject
        {
            ["image_id"] = task.SubjectId.ToString(),
            ["import_req"] = work.Said is { } body ? JsonObject.Create(body) : Request(work),
            ["backend"] = new JsonArray([.. work.Stores.Select(store => JsonValue.Create(store))]),
        });
    }

    private static JsonObject Request(ImportWork work)
    {
        var method = new JsonObject { ["name"] = work.Method.Word() };
        if (work.Uri is { } uri)
            method["uri"] = uri;
        return new JsonObject { ["method"] = method, ["all_stores_must_succeed"] = work.MustAllSucceed };
    }

    private static JsonElement Input(TaskRecord task, LocationWork work)
    {
        var said = new JsonObject();
        if (work.HashValue is not null)
            (said["os_hash_algo"], said["os_hash_value"]) = (work.HashAlgorithm, work.HashValue);
        return Element(new JsonObject { ["image_id"] = task.SubjectId.ToString(), ["loc_url"] = work.Url, ["validation_data"] = said });
    }

    private static JsonElement? Result(TaskRecord task) =>
        task.State == TaskState.Success ? Element(new JsonObject { ["image_id"] = task.SubjectId.ToString() }) : null;

    private static JsonElement Element(JsonNode node)
    {
        using var document = JsonDocument.Parse(node.ToJsonString());
        return document.RootElement.Clone();
    }
}
