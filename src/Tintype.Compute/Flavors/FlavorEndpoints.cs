using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Compute.Api;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol;
using Tintype.Protocol.Compute;

namespace Tintype.Compute.Flavors;

/// <summary><c>/flavors</c>. There are neither extra specs nor access lists: a flavor that is not public is for administrators.</summary>
internal static partial class FlavorEndpoints
{
    public static void Map(IEndpointRouteBuilder compute)
    {
        compute.MapGet("/flavors", ListAsync);
        compute.MapPost("/flavors", CreateAsync);
        compute.MapGet("/flavors/detail", ListDetailAsync);
        compute.MapGet("/flavors/{id}", ShowAsync);
        compute.MapPut("/flavors/{id}", DescribeAsync);
        compute.MapDelete("/flavors/{id}", DeleteAsync);
        compute.MapGet("/flavors/{id}/os-extra_specs", ExtraSpecsAsync);
        compute.MapGet("/flavors/{id}/os-flavor-access", AccessAsync);
    }

    private static async Task<JsonHttpResult<FlavorSummaries>> ListAsync(
        HttpRequest request, Microversion version, Caller caller, FlavorCatalog flavors, CancellationToken ct)
    {
        var page = FlavorListing.Select(await flavors.ListAsync(ct), request.Query, caller);
        return TypedResults.Json(
            new FlavorSummaries([.. page.Select(f => Summary(f, request, version))], Next(request, "flavors", page)),
            ComputeJson.Default.FlavorSummaries);
    }

    private static async Task<JsonHttpResult<FlavorDetails>> ListDetailAsync(
        HttpRequest request, Microversion version, Caller caller, FlavorCatalog flavors, CancellationToken ct)
    {
        var page = FlavorListing.Select(await flavors.ListAsync(ct), request.Query, caller);
        return TypedResults.Json(
            new FlavorDetails([.. page.Select(f => Detail(f, request, version))], Next(request, "flavors/detail", page)),
            ComputeJson.Default.FlavorDetails);
    }

    private static async Task<JsonHttpResult<FlavorEnvelope>> ShowAsync(
        string id, HttpRequest request, Microversion version, Caller caller, FlavorCatalog flavors, CancellationToken ct) =>
        Answer(await FindVisibleAsync(id, flavors, caller, ct), request, version);

    private static async Task<JsonHttpResult<FlavorEnvelope>> CreateAsync(
        HttpRequest request, Microversion version, Caller caller, FlavorCatalog flavors, CancellationToken ct)
    {
        caller.RequireAdmin("os_compute_api:os-flavor-manage:create");
        using var body = await JsonBody.ReadDocumentAsync(request, ct);
        return Answer(await flavors.CreateAsync(Parse(body.RootElement, version), ct), request, version);
    }

    private static async Task<JsonHttpResult<FlavorEnvelope>> DescribeAsync(
        string id, HttpRequest request, Microversion version, Caller caller, FlavorCatalog flavors, CancellationToken ct)
    {
        if (!version.Has(55))
            throw Fault.NotFound("The resource could not be found.");
        caller.RequireAdmin("os_compute_api:os-flavor-manage:update");
        using var body = await JsonBody.ReadDocumentAsync(request, ct);
        var flavor = RequestObject.Of(body.RootElement, "flavor");
        flavor.AllowOnly("description");
        if (!await flavors.DescribeAsync(id, flavor.OptionalText("description", 0, 65535), ct))
            throw Fault.FlavorNotFound(id);
        return Answer(await FindVisibleAsync(id, flavors, caller, ct), request, version);
    }

    private static async Task<StatusCodeHttpResult> DeleteAsync(string id, Caller caller, FlavorCatalog flavors, CancellationToken ct)
    {
        caller.RequireAdmin("os_compute_api:os-flavor-manage:delete");
        return await flavors.DeleteAsync(id, ct) ? TypedResults.StatusCode(StatusCodes.Status202Accepted) : throw Fault.FlavorNotFound(id);
    }

    private static async Task<JsonHttpResult<ExtraSpecs>> ExtraSpecsAsync(string id, Caller caller, FlavorCatalog flavors, CancellationToken ct)
    {
        await FindVisibleAsync(id, flavors, caller, ct);
        return TypedResults.Json(new ExtraSpecs(new Dictionary<string, string>()), ComputeJson.Default.ExtraSpecs);
    }

    private static async Task<JsonHttpResult<FlavorAccessList>> AccessAsync(string id, Caller caller, FlavorCatalog flavors, CancellationToken ct)
    {
        caller.RequireAdmin("os_compute_api:os-flavor-access");
        var flavor = await FindVisibleAsync(id, flavors, caller, ct);
        return flavor.IsPublic
            ? throw Fault.NotFound("Access list not available for public flavors.")
            : TypedResults.Json(new FlavorAccessList([]), ComputeJson.Default.FlavorAccessList);
    }

    private static async Task<Flavor> FindVisibleAsync(string id, FlavorCatalog flavors, Caller caller, CancellationToken ct) =>
        await flavors.FindAsync(id, ct) is { } flavor && (flavor.IsPublic || caller.IsAdmin) ? flavor : throw Fault.FlavorNotFound(id);

    private static NewFlavor Parse(JsonElement body, Microversion version)
    {
        var flavor = RequestObject.Of(body, "flavor");
        string[] known = ["name", "id", "ram", "vcpus", "disk", "OS-FLV-EXT-DATA:ephemeral", "swap", "rxtx_factor", "os-flavor-access:is_public"];
        flavor.AllowOnly(version.Has(55) ? [.. known, "description"] : known);
        string[] unsupported = ["OS-FLV-EXT-DATA:ephemeral", "swap"];
        foreach (var name in unsupported)
        {
            if (flavor.Integer(name, 0) is > 0)
                throw flavor.Invalid(name, "Servers here have a root disk alone; it must be 0");
        }

        var id = flavor.Given("id") ? flavor.Element.GetProperty("id") is { ValueKind: JsonValueKind.Number } number
            ? number.GetRawText() : flavor.Text("id", 1, 255) : null;
        if (id is not null && !IdPattern().IsMatch(id))
            throw flavor.Invalid("id", "it must be letters, digits, blanks, '.', '_' and '-', with no blank at either end");
        return new NewFlavor(flavor.Name("name"), id is "auto" ? null : id, flavor.RequiredInteger("ram", 1), flavor.RequiredInteger("vcpus", 1),
            flavor.RequiredInteger("disk", 0), flavor.Boolean("os-flavor-access:is_public") ?? true, flavor.OptionalText("description", 0, 65535));
    }

    private static JsonHttpResult<FlavorEnvelope> Answer(Flavor flavor, HttpRequest request, Microversion version) =>
        TypedResults.Json(new FlavorEnvelope(Detail(flavor, request, version)), ComputeJson.Default.FlavorEnvelope);

    private static FlavorSummary Summary(Flavor flavor, HttpRequest request, Microversion version) => new()
    {
        Id = flavor.Id,
        Name = flavor.Name,
        Links = ComputeApi.LinksTo(request, "flavors", flavor.Id),
        Description = version.Has(55) ? new Optional<string>(flavor.Description) : default,
    };

    private static FlavorDetail Detail(Flavor flavor, HttpRequest request, Microversion version) => new()
    {
        Id = flavor.Id,
        Name = flavor.Name,
        Ram = flavor.Memory,
        Disk = flavor.Disk,
        Swap = version.Has(75) ? JsonValue.Create(0) : JsonValue.Create(""),
        Ephemeral = 0,
        Vcpus = flavor.Vcpus,
        IsPublic = flavor.IsPublic,
        Links = ComputeApi.LinksTo(request, "flavors", flavor.Id),
        Description = version.Has(55) ? new Optional<string>(flavor.Description) : default,
        ExtraSpecs = version.Has(61) ? new Dictionary<string, string>() : null,
    };

    private static Link[]? Next(HttpRequest request, string collection, IReadOnlyList<Flavor> page) =>
        ComputeApi.NextPage(request, collection, ListRequest.Of(request.Query).Limit, page.Count, page.Count == 0 ? null : page[^1].Id);

    [GeneratedRegex("^(?! )[a-zA-Z0-9. _-]+(?<! )$", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern();
}

internal static class FlavorFaults
{
    extension(Fault)
    {
        public static Fault FlavorNotFound(string id) => Fault.NotFound($"Flavor {id} could not be found.");
    }
}
