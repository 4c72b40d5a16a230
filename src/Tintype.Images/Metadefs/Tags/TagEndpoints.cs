using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Images.Metadefs.Items;
using Tintype.Images.Metadefs.Schemas;
using Tintype.Images.Policies;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Metadefs.Tags;

internal static class TagEndpoints
{
    private static readonly string[] _readOnly = ["created_at", "updated_at"];

    private static readonly Dictionary<string, string> _sortKeys = new(StringComparer.Ordinal)
    {
        ["name"] = "name_key",
        ["created_at"] = "created_at",
        ["updated_at"] = "updated_at",
        ["id"] = "id",
        ["namespace_id"] = "namespace_id",
    };

    /// <param name="metadefs">The group <c>/image/v2/metadefs</c>.</param>
    public static void Map(IEndpointRouteBuilder metadefs)
    {
        metadefs.MapGet("/namespaces/{ns}/tags", ListAsync);
        metadefs.MapPost("/namespaces/{ns}/tags", AddAllAsync);
        metadefs.MapDelete("/namespaces/{ns}/tags", DeleteAllAsync).RejectBody();
        metadefs.MapGet("/namespaces/{ns}/tags/{name}", ShowAsync).RejectBody();
        metadefs.MapPost("/namespaces/{ns}/tags/{name}", AddAsync).RejectBody();
        metadefs.MapPut("/namespaces/{ns}/tags/{name}", RenameAsync);
        metadefs.MapDelete("/namespaces/{ns}/tags/{name}", DeleteAsync).RejectBody();
    }

    private static async Task<JsonHttpResult<MetadefTagListView>> ListAsync(
        PathName ns, HttpRequest request, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        // An empty limit or marker is none.
        var query = new MetadefQuery(QueryParameters.Read(request).Where(p => p is not ("limit" or "marker", "")));
        query.Visibility("public", "private", "shared");
        var tags = await items.ListAsync(ItemKinds.Tags, ns.Value, query.Sort(_sortKeys), query.Limit(0), query["marker"], caller, ct);
        return List(tags.Select(t => t.Name), StatusCodes.Status200OK);
    }

    private static async Task<JsonHttpResult<MetadefTagListView>> AddAllAsync(
        PathName ns, HttpRequest request, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        using var body = await MetadefBody.ReadAsync(request, MetadefSchemas.Tags, _readOnly, ct);
        ItemDraft<TagContent>[] drafts = [.. body.RootElement.GetProperty("tags").EnumerateArray().Select((tag, at) => TagContent.Parse(tag, $"tag {at + 1} of the list"))];
        var append = request.Headers["X-Openstack-Append"].ToString().Trim().ToLowerInvariant() is "1" or "t" or "true" or "on" or "y" or "yes";
        await items.AddAllAsync(ItemKinds.Tags, ns.Value, MetadefPolicy.AddTags, drafts, append, caller, ct);
        return List(drafts.Select(d => d.Name), StatusCodes.Status201Created);
    }

    private static async Task<NoContent> DeleteAllAsync(PathName ns, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        await items.DeleteAllAsync(ItemKinds.Tags, ns.Value, caller, ct);
        return TypedResults.NoContent();
    }

    private static async Task<JsonHttpResult<MetadefTagView>> ShowAsync(PathName ns, PathName name, Caller caller, NamespaceItems items, CancellationToken ct) =>
        Json(await items.ShowAsync(ItemKinds.Tags, ns.Value, name.Value, caller, ct));

    private static async Task<JsonHttpResult<MetadefTagView>> AddAsync(PathName ns, PathName name, Caller caller, NamespaceItems items, CancellationToken ct) =>
        Json(await items.AddAsync(ItemKinds.Tags, ns.Value, TagContent.Parse(name), caller, ct), StatusCodes.Status201Created);

    private static async Task<JsonHttpResult<MetadefTagView>> RenameAsync(
        PathName ns, PathName name, HttpRequest request, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        using var body = await MetadefBody.ReadAsync(request, MetadefSchemas.Tag, _readOnly, ct);
        return Json(await items.UpdateAsync(ItemKinds.Tags, ns.Value, name.Value, TagContent.Parse(body.RootElement, "the tag"), caller, ct));
    }

    private static async Task<NoContent> DeleteAsync(PathName ns, PathName name, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        await items.DeleteAsync(ItemKinds.Tags, ns.Value, name.Value, caller, ct);
        return TypedResults.NoContent();
    }

    private static JsonHttpResult<MetadefTagListView> List(IEnumerable<string> names, int status) => TypedResults.Json(
        new MetadefTagListView([.. names.Select(TagViews.NameView)]), MetadefsJson.Default.MetadefTagListView, "application/json", status);

    private static JsonHttpResult<MetadefTagView> Json(Item<TagContent> tag, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(tag.View(), MetadefsJson.Default.MetadefTagView, "application/json", status);
}
