using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Images.Metadefs.Items;
using Tintype.Images.Metadefs.Schemas;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Metadefs.Objects;

internal static class ObjectEndpoints
{
    private static readonly string[] _readOnly = ["self", "schema", "created_at", "updated_at"];

    /// <param name="metadefs">The group <c>/image/v2/metadefs</c>.</param>
    public static void Map(IEndpointRouteBuilder metadefs)
    {
        metadefs.MapGet("/namespaces/{ns}/objects", ListAsync);
        metadefs.MapPost("/namespaces/{ns}/objects", AddAsync);
        metadefs.MapDelete("/namespaces/{ns}/objects", DeleteAllAsync).RejectBody();
        metadefs.MapGet("/namespaces/{ns}/objects/{name}", ShowAsync).RejectBody();
        metadefs.MapPut("/namespaces/{ns}/objects/{name}", UpdateAsync);
        metadefs.MapDelete("/namespaces/{ns}/objects/{name}", DeleteAsync).RejectBody();
    }

    // All of them, whatever page is asked for: Glance looks at the parameters, and takes no notice.
    private static async Task<JsonHttpResult<MetadefObjectListView>> ListAsync(
        PathName ns, HttpRequest request, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        var query = new MetadefQuery(QueryParameters.Read(request));
        query.Descending();
        query.Visibility("public", "private", "shared");
        query.Limit(1);
        var objects = await items.ListAsync(ItemKinds.Objects, ns.Value, caller, ct);
        // Without the slash that other lists have.
        return TypedResults.Json(new MetadefObjectListView([.. objects.Select(o => o.View(ns.Value))], "v2/schemas/metadefs/objects"),
            MetadefsJson.Default.MetadefObjectListView, "application/json");
    }

    private static async Task<JsonHttpResult<MetadefObjectView>> AddAsync(
        PathName ns, HttpRequest request, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        using var body = await MetadefBody.ReadAsync(request, MetadefSchemas.Object, _readOnly, ct);
        // Stricter than at a change, or within a new namespace.
        if (body.RootElement.TryGetProperty("properties", out var properties))
        {
            foreach (var property in properties.EnumerateObject())
                MetadefSchemas.KeyedProperty.Validate(property.Value);
        }

        var added = await items.AddAsync(ItemKinds.Objects, ns.Value, ObjectContent.Parse(body.RootElement, "the object"), caller, ct);
        return Json(added.Answer(ns.Value), StatusCodes.Status201Created);
    }

    private static async Task<NoContent> DeleteAllAsync(PathName ns, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        await items.DeleteAllAsync(ItemKinds.Objects, ns.Value, caller, ct);
        return TypedResults.NoContent();
    }

    private static async Task<JsonHttpResult<MetadefObjectView>> ShowAsync(PathName ns, PathName name, Caller caller, NamespaceItems items, CancellationToken ct) =>
        Json((await items.ShowAsync(ItemKinds.Objects, ns.Value, name.Value, caller, ct)).View(ns.Value));

    private static async Task<JsonHttpResult<MetadefObjectView>> UpdateAsync(
        PathName ns, PathName name, HttpRequest request, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        using var body = await MetadefBody.ReadAsync(request, MetadefSchemas.Object, _readOnly, ct);
        var draft = ObjectContent.Parse(body.RootElement, "the object");
        return Json((await items.UpdateAsync(ItemKinds.Objects, ns.Value, name.Value, draft, caller, ct)).Answer(ns.Value));
    }

    private static async Task<NoContent> DeleteAsync(PathName ns, PathName name, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        await items.DeleteAsync(ItemKinds.Objects, ns.Value, name.Value, caller, ct);
        return TypedResults.NoContent();
    }

    private static JsonHttpResult<MetadefObjectView> Json(MetadefObjectView view, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(view, MetadefsJson.Default.MetadefObjectView, "application/json", status);
}
