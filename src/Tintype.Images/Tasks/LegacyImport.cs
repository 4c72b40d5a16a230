using System.Text.Json;
using Tintype.Images.Import;
using Tintype.Images.Import.WebDownload;
using Tintype.Images.Policies;
using Tintype.Images.Quotas;
using Tintype.Images.Records;
using Tintype.Images.Stores;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Tasks;

/// <summary>
/// The import that came before the import: a task that makes an image by itself.
/// <code>{"type": "import", "input": {"import_from": "http://…", "import_from_format": "raw", "image_properties": {"name": "…"} } }</code>
/// </summary>
internal sealed class LegacyImport(
    ImageRepository images, ImageCreation creation, ImageStores stores, DownloadRules downloads, ImagePolicies policies, ImageQuotas quotas, TaskQueue tasks,
    MetadataDatabase database)
{
    /// <returns>The task's id.</returns>
    /// <exception cref="Fault">403; 400 with what is missing, or what the image's properties may not be.</exception>
    public async Task<Guid> StartAsync(JsonElement body, Caller caller, string requestId, CancellationToken ct)
    {
        var input = Input(body);
        var uri = Text(input, "import_from");
        downloads.Check(uri);
        var format = Text(input, "import_from_format");
        if (!input.TryGetProperty("image_properties", out var properties) || properties.ValueKind != JsonValueKind.Object)
            throw Fault.BadRequest("Input does not contain 'image_properties' field");
        var draft = creation.Draft(properties, caller);
        var image = draft with { DiskFormat = draft.DiskFormat ?? format, ContainerFormat = draft.ContainerFormat ?? "bare", Status = ImageStatus.Importing };
        return await database.WriteAsync(async scope =>
        {
            var work = new ImportWork(ImportMethod.WebDownload, uri, [stores.Default.Name], true) { IsLegacy = true, Said = input.Clone() };
            var task = await tasks.EnqueueAsync(scope, new NewTask(ImportWork.Kind, image.Id, caller.ProjectId, caller.UserId, requestId, work.ToJson()));
            await quotas.AdmitImageAsync(scope, image.Owner);
            if (!await images.InsertAsync(scope, ImportMarks.Begin(image, task, work.Stores)))
                throw Fault.DuplicateImage(image.Id);
            await quotas.AdmitUploadAsync(scope, image);
            return task;
        }, ct);
    }

    /// <exception cref="Fault">403: tasks are the administrators'.</exception>
    public void Permit(Caller caller) => policies.Require(ImagePolicy.TasksApiAccess, caller);

    private static JsonElement Input(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
            throw Fault.BadRequest("The body of a task is a JSON object with 'type' and 'input'.");
        foreach (var name in new[] { "type", "input" })
        {
            if (!body.TryGetProperty(name, out _))
                throw Fault.BadRequest($"Task '{name}' is required");
        }

        var type = body.GetProperty("type");
        if (type.ValueKind != JsonValueKind.String || type.GetString() != "import")
            throw Fault.BadRequest($"The type of a task is \"import\", not {type.GetRawText()}.");
        var input = body.GetProperty("input");
        return input.ValueKind == JsonValueKind.Object ? input : throw Fault.BadRequest($"The input of a task is a JSON object, not {input.ValueKind}.");
    }

    private static string Text(JsonElement input, string name) => input.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw Fault.BadRequest($"Input does not contain '{name}' field");
}
