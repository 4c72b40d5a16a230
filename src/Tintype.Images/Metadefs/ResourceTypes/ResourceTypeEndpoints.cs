using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Images.Metadefs.Items;
using Tintype.Images.Metadefs.Schemas;
using Tintype.Images.Policies;
using Tintype.Platform.Database;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Metadefs.ResourceTypes;

internal static class ResourceTypeEndpoints
{
    /// <param name="metadefs">The group <c>/image/v2/metadefs</c>.</param>
    public static void Map(IEndpointRouteBuilder metadefs)
    {
        metadefs.MapGet("/resource_types", ListTypesAsync).RejectBody();
        metadefs.MapGet("/namespaces/{ns}/resource_types", ListAsync).RejectBody();
        metadefs.MapPost("/namespaces/{ns}/resource_types", AddAsync);
        metadefs.MapDelete("/namespaces/{ns}/resource_types/{name}", DeleteAsync).RejectBody();
    }

    private static async Task<JsonHttpResult<ResourceTypeListView>> ListTypesAsync(
        Caller caller, MetadefRules rules, ResourceTypeRepository types, MetadataDatabase database, CancellationToken ct)
    {
        rules.Require(MetadefPolicy.ListResourceTypes, caller);
        var all = await database.ReadAsync(connection => types.ListAsync(Statements.Of(connection)), ct);
        return TypedResults.Json(new ResourceTypeListView([.. all.Select(t => new ResourceTypeView(t.Name, t.CreatedAt.ToWire(), t.UpdatedAt.ToWire()))]),
            MetadefsJson.Default.ResourceTypeListView, "application/json");
    }

    private static async Task<JsonHttpResult<ResourceTypeAssociationListView>> ListAsync(PathName ns, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        var associations = await items.ListAsync(ItemKinds.Associations, ns.Value, caller, ct);
        return TypedResults.Json(new ResourceTypeAssociationListView([.. associations.Select(a => a.View())]),
            MetadefsJson.Default.ResourceTypeAssociationListView, "application/json");
    }

    private static async Task<JsonHttpResult<ResourceTypeAssociationView>> AddAsync(
        PathName ns, HttpRequest request, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        using var body = await MetadefBody.ReadAsync(request, MetadefSchemas.Association, ["created_at", "updated_at"], ct);
        var draft = AssociationContent.Parse(body.RootElement, "the resource type association");
        var association = await items.AddAsync(ItemKinds.Associations, ns.Value, draft, caller, ct);
        return TypedResults.Json(association.View(), MetadefsJson.Default.ResourceTypeAssociationView, "application/json", StatusCodes.Status201Created);
    }

    private static async Task<NoContent> DeleteAsync(PathName ns, PathName name, Caller caller, NamespaceItems items, CancellationToken ct)
    {
        await items.DeleteAsync(ItemKinds.Associations, ns.Value, name.Value, caller, ct);
        return TypedResults.NoContent();
    }
}
