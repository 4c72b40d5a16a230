using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Images.Metadefs.Schemas;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Metadefs.Namespaces;

internal static class NamespaceEndpoints
{
    private static readonly string[] _readOnly = ["self", "schema", "created_at", "updated_at"];

    /// <param name="metadefs">The group <c>/image/v2/metadefs</c>.</param>
    public static void Map(IEndpointRouteBuilder metadefs)
    {
        metadefs.MapGet("/namespaces", ListAsync);
        metadefs.MapPost("/namespaces", CreateAsync);
        metadefs.MapGet("/namespaces/{ns}", ShowAsync).RejectBody();
        metadefs.MapPut("/namespaces/{ns}", UpdateAsync);
        metadefs.MapDelete("/namespaces/{ns}", DeleteAsync).RejectBody();
    }

    private static async Task<JsonHttpResult<MetadefNamespaceListView>> ListAsync(
        HttpRequest request, Caller caller, MetadefNamespaces namespaces, CancellationToken ct)
    {
        const string Path = "/v2/metadefs/namespaces";
        var parameters = QueryParameters.Read(request);
        var query = NamespaceListQuery.Parse(parameters);
        var page = await namespaces.ListAsync(query, caller, ct);
        var first = parameters.Where(p => p.Key != "marker").ToList();
        // A full page promises another, which may turn out empty; a page that is not full is the last.
        var next = page is { IsFull: true, Namespaces: [.., var last] } ? QueryParameters.Link(Path, [.. first, new("marker", last.Name)]) : null;
        return TypedResults.Json(
            new MetadefNamespaceListView([.. page.Namespaces.Select(ns => ns.View([.. page.Associations[ns.Id]]))], next, "/v2/schemas/metadefs/namespaces", QueryParameters.Link(Path, first)),
            MetadefsJson.Default.MetadefNamespaceListView, "application/json");
    }

    private static async Task<JsonHttpResult<MetadefNamespaceView>> CreateAsync(
        HttpContext context, Caller caller, MetadefNamespaces namespaces, CancellationToken ct)
    {
        using var body = await MetadefBody.ReadAsync(context.Request, MetadefSchemas.Namespace, _readOnly, ct);
        var draft = NamespaceParser.Parse(body.RootElement);
        var ns = await namespaces.CreateAsync(draft, caller, ct);
        // The name is the client's, and a header takes no line ends. Its colons are left as they are, for whoever compares.
        var segment = Uri.EscapeDataString(ns.Name).Replace("%3A", ":", StringComparison.Ordinal);
        context.Response.Headers.Location = PublicUrl.Of(context.Request, $"/image{NamespaceViews.Link(segment)}");
        return Json(ns.View(draft.Contents), StatusCodes.Status201Created);
    }

    private static async Task<JsonHttpResult<MetadefNamespaceView>> ShowAsync(
        PathName ns, HttpRequest request, Caller caller, MetadefNamespaces namespaces, CancellationToken ct) =>
        Json((await namespaces.ShowAsync(ns.Value, caller, ct)).View(new MetadefQuery(QueryParameters.Read(request))["resource_type"]));

    private static async Task<JsonHttpResult<MetadefNamespaceView>> UpdateAsync(
        PathName ns, HttpRequest request, Caller caller, MetadefNamespaces namespaces, CancellationToken ct)
    {
        using var body = await MetadefBody.ReadAsync(request, MetadefSchemas.Namespace, _readOnly, ct);
        return Json((await namespaces.UpdateAsync(ns.Value, NamespaceParser.Parse(body.RootElement), caller, ct)).View());
    }

    private static async Task<NoContent> DeleteAsync(PathName ns, Caller caller, MetadefNamespaces namespaces, CancellationToken ct)
    {
        await namespaces.DeleteAsync(ns.Value, caller, ct);
        return TypedResults.NoContent();
    }

    private static JsonHttpResult<MetadefNamespaceView> Json(MetadefNamespaceView view, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(view, MetadefsJson.Default.MetadefNamespaceView, "application/json", status);
}
