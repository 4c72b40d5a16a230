using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Images.Metadefs.Items;
using Tintype.Images.Metadefs.Schemas;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Metadefs.Properties;

internal static class PropertyEndpoints
{
    private static readonly string[] _readOnly = ["created_at", "updated_at"];

    /// <param name="metadefs">The group <c>/image/v2/metadefs</c>.</param>
    public static void Map(IEndpointRouteBuilder metadefs)
    {
        metadefs.MapGet("/namespaces/{ns}/properties", ListAsync).RejectBody();
        metadefs.MapPost("/namespaces/{ns}/properties", AddAsync);
        metadefs.MapDelete("/namespaces/{ns}/properties", DeleteAllAsync).RejectBody();
        metadefs.MapGet("/namespaces/{ns}/properties/{name}", ShowAsync).RejectBody();
        metadefs.MapPut("/namespaces/{ns}/properties/{name}", UpdateAsync);
        metadefs.MapDelete("/namespaces/{ns}/properties/{name}", DeleteAsync).RejectBody();
    }

    private static async Task<JsonHttpResult<PropertyDefinitionsView>> ListAsync(PathName ns, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        var properties = await items.ListAsync(ItemKinds.Properties, ns.Value, caller, ct);
        return TypedResults.Json(new PropertyDefinitionsView(properties.ToDictionary(p => p.Name, p => p.Content, StringComparer.Ordinal)),
            MetadefsJson.Default.PropertyDefinitionsView, "application/json");
    }

    private static async Task<JsonHttpResult<PropertyDefinition>> AddAsync(
        PathName ns, HttpRequest request, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        using var body = await MetadefBody.ReadAsync(request, MetadefSchemas.Property, _readOnly, ct);
        return Json(await items.AddAsync(ItemKinds.Properties, ns.Value, PropertyParser.Parse(body.RootElement), caller, ct), StatusCodes.Status201Created);
    }

    private static async Task<NoContent> DeleteAllAsync(PathName ns, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        await items.DeleteAllAsync(ItemKinds.Properties, ns.Value, caller, ct);
        return TypedResults.NoContent();
    }

    private static async Task<JsonHttpResult<PropertyDefinition>> ShowAsync(
        PathName ns, PathName name, HttpRequest request, Caller caller, PropertiesOnResources properties, CancellationToken ct) =>
        Json(await properties.ShowAsync(ns.Value, name.Value, new MetadefQuery(QueryParameters.Read(request))["resource_type"], caller, ct));

    private static async Task<JsonHttpResult<PropertyDefinition>> UpdateAsync(
        PathName ns, PathName name, HttpRequest request, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        using var body = await MetadefBody.ReadAsync(request, MetadefSchemas.Property, _readOnly, ct);
        return Json(await items.UpdateAsync(ItemKinds.Properties, ns.Value, name.Value, PropertyParser.Parse(body.RootElement), caller, ct));
    }

    private static async Task<NoContent> DeleteAsync(PathName ns, PathName name, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        await items.DeleteAsync(ItemKinds.Properties, ns.Value, name.Value, caller, ct);
        return TypedResults.NoContent();
    }

    private static JsonHttpResult<PropertyDefinition> Json(Item<PropertyDefinition> property, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(property.Content with { Name = property.Name }, MetadefsJson.Default.PropertyDefinition, "application/json", status);
}
