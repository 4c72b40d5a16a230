using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Compute.Api;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol.Compute;

namespace Tintype.Compute.Servers;

/// <summary>What hangs on a server: metadata, tags, addresses, and what clients expect to find empty.</summary>
internal static class ServerDetailEndpoints
{
    private const string MetadataRule = "os_compute_api:server-metadata:";

    /// <summary>Items of metadata a server may have (Nova's quota).</summary>
    private const int MetadataItems = 128;

    private const int TagCount = 50;

    public static void Map(IEndpointRouteBuilder compute)
    {
        compute.MapGet("/servers/{id}/metadata", ShowMetadataAsync);
        compute.MapPost("/servers/{id}/metadata", (string id, HttpRequest request, Caller caller, ServerLookup lookup, ServerRepository servers, CancellationToken ct) =>
            ChangeMetadataAsync(id, request, replace: false, caller, lookup, servers, ct));
        compute.MapPut("/servers/{id}/metadata", (string id, HttpRequest request, Caller caller, ServerLookup lookup, ServerRepository servers, CancellationToken ct) =>
            ChangeMetadataAsync(id, request, replace: true, caller, lookup, servers, ct));
        compute.MapGet("/servers/{id}/metadata/{key}", ShowMetadataItemAsync);
        compute.MapPut("/servers/{id}/metadata/{key}", SetMetadataItemAsync);
        compute.MapDelete("/servers/{id}/metadata/{key}", DeleteMetadataItemAsync);
        compute.MapGet("/servers/{id}/tags", ShowTagsAsync);
        compute.MapPut("/servers/{id}/tags", SetTagsAsync);
        compute.MapPut("/servers/{id}/tags/{tag}", AddTagAsync);
        compute.MapDelete("/servers/{id}/tags/{tag}", DeleteTagAsync);
        compute.MapGet("/servers/{id}/ips", AddressesAsync);
        compute.MapGet("/servers/{id}/os-volume_attachments", VolumesAsync);
        compute.MapGet("/servers/{id}/os-interface", InterfacesAsync);
        compute.MapGet("/servers/{id}/os-security-groups", SecurityGroupsAsync);
    }

    private static async Task<JsonHttpResult<MetadataEnvelope>> ShowMetadataAsync(string id, Caller caller, ServerLookup lookup, CancellationToken ct) =>
        Answer((await lookup.FindAsync(id, caller, ct)).Metadata);

    private static async Task<JsonHttpResult<MetadataEnvelope>> ChangeMetadataAsync(
        string id, HttpRequest request, bool replace, Caller caller, ServerLookup lookup, ServerRepository servers, CancellationToken ct)
    {
        using var body = await JsonBody.ReadDocumentAsync(request, ct);
        var items = RequestObject.MetadataOf(body.RootElement, "metadata");
        var server = await lookup.FindForChangeAsync(id, caller, MetadataRule + (replace ? "update_all" : "create"), ct);
        return Answer(await ChangeMetadataAsync(server.Id,
            before => replace ? items : before.Concat(items).GroupBy(i => i.Key).ToDictionary(g => g.Key, g => g.Last().Value), servers, ct));
    }

    private static async Task<JsonHttpResult<MetadataItem>> ShowMetadataItemAsync(string id, string key, Caller caller, ServerLookup lookup, CancellationToken ct)
    {
        var server = await lookup.FindAsync(id, caller, ct);
        return server.Metadata.TryGetValue(key, out var value) ? Answer(key, value) : throw Fault.NotFound("Metadata item was not found");
    }

    private static async Task<JsonHttpResult<MetadataItem>> SetMetadataItemAsync(
        string id, string key, HttpRequest request, Caller caller, ServerLookup lookup, ServerRepository servers, CancellationToken ct)
    {
        using var body = await JsonBody.ReadDocumentAsync(request, ct);
        var item = RequestObject.MetadataOf(body.RootElement, "meta");
        if (!item.TryGetValue(key, out var value) || item.Count != 1)
            throw Fault.BadRequest("Request body and URI mismatch");
        var server = await lookup.FindForChangeAsync(id, caller, MetadataRule + "update", ct);
        await ChangeMetadataAsync(server.Id, before => new Dictionary<string, string>(before) { [key] = value }, servers, ct);
        return Answer(key, value);
    }

    private static async Task<NoContent> DeleteMetadataItemAsync(
        string id, string key, Caller caller, ServerLookup lookup, ServerRepository servers, CancellationToken ct)
    {
        var server = await lookup.FindForChangeAsync(id, caller, MetadataRule + "delete", ct);
        await ChangeMetadataAsync(server.Id, before => before.ContainsKey(key) ? before.Where(i => i.Key != key).ToDictionary()
            : throw Fault.NotFound("Metadata item was not found"), servers, ct);
        return TypedResults.NoContent();
    }

    private static async Task<IReadOnlyDictionary<string, string>> ChangeMetadataAsync(
        Guid id, Func<IReadOnlyDictionary<string, string>, IReadOnlyDictionary<string, string>> change, ServerRepository servers, CancellationToken ct) =>
        (await servers.UpdateAsync(id, server =>
        {
            var metadata = change(server.Metadata);
            return metadata.Count <= MetadataItems ? server with { Metadata = metadata }
                : throw Fault.Forbidden($"Maximum number of metadata items exceeds {MetadataItems}");
        }, ct)).Metadata;

    private static async Task<JsonHttpResult<TagList>> ShowTagsAsync(string id, Microversion version, Caller caller, ServerLookup lookup, CancellationToken ct)
    {
        RequireTags(version);
        return Answer((await lookup.FindAsync(id, caller, ct)).Tags);
    }

    private static async Task<JsonHttpResult<TagList>> SetTagsAsync(
        string id, HttpRequest request, Microversion version, Caller caller, ServerLookup lookup, ServerRepository servers, CancellationToken ct)
    {
        RequireTags(version);
        using var body = await JsonBody.ReadDocumentAsync(request, ct);
        var asked = new RequestObject(body.RootElement, "");
        asked.AllowOnly("tags");
        var tags = (asked.Array("tags", TagCount) ?? throw Fault.BadRequest("'tags' is a required property"))
            .Select(t => t.ValueKind == System.Text.Json.JsonValueKind.String ? t.GetString()! : throw asked.Invalid("tags", ServerTags.Rule)).Distinct().ToList();
        if (!tags.TrueForAll(ServerTags.IsValid))
            throw asked.Invalid("tags", ServerTags.Rule);
        var server = await lookup.FindForChangeAsync(id, caller, "os_compute_api:os-server-tags:update_all", ct);
        await servers.UpdateAsync(server.Id, s => s with { Tags = tags }, ct);
        return Answer(tags);
    }

    private static async Task<IResult> AddTagAsync(
        string id, string tag, HttpRequest request, Microversion version, Caller caller, ServerLookup lookup, ServerRepository servers, CancellationToken ct)
    {
        RequireTags(version);
        if (!ServerTags.IsValid(tag))
            throw Fault.BadRequest($"Tag '{tag}' is invalid: {ServerTags.Rule}.");
        var server = await lookup.FindForChangeAsync(id, caller, "os_compute_api:os-server-tags:update", ct);
        if (server.Tags.Contains(tag))
            return TypedResults.NoContent();
        await servers.UpdateAsync(server.Id, s => s.Tags.Contains(tag) ? s : s.Tags.Count < TagCount ? s with { Tags = [.. s.Tags, tag] }
            : throw Fault.BadRequest($"The number of tags exceeded the per-server limit {TagCount}"), ct);
        return TypedResults.Created(PublicUrl.Of(request, request.Path));
    }

    private static async Task<NoContent> DeleteTagAsync(
        string id, string tag, Microversion version, Caller caller, ServerLookup lookup, ServerRepository servers, CancellationToken ct)
    {
        RequireTags(version);
        var server = await lookup.FindForChangeAsync(id, caller, "os_compute_api:os-server-tags:delete", ct);
        await servers.UpdateAsync(server.Id, s => s.Tags.Contains(tag) ? s with { Tags = [.. s.Tags.Where(t => t != tag)] }
            : throw Fault.NotFound($"Instance {s.Id} has no tag '{tag}'"), ct);
        return TypedResults.NoContent();
    }

    private static async Task<JsonHttpResult<AddressesEnvelope>> AddressesAsync(string id, Caller caller, ServerLookup lookup, CancellationToken ct)
    {
        var addresses = ServerView.AddressesOf(await lookup.FindAsync(id, caller, ct)).ToDictionary(
            n => n.Key, n => (IReadOnlyList<ServerAddressOnly>)[.. n.Value.Select(a => new ServerAddressOnly(a.Version, a.Addr))]);
        return TypedResults.Json(new AddressesEnvelope(addresses), ComputeJson.Default.AddressesEnvelope);
    }

    private static async Task<JsonHttpResult<VolumeAttachments>> VolumesAsync(string id, Caller caller, ServerLookup lookup, CancellationToken ct)
    {
        await lookup.FindAsync(id, caller, ct);
        return TypedResults.Json(new VolumeAttachments([]), ComputeJson.Default.VolumeAttachments);
    }

    private static async Task<JsonHttpResult<InterfaceAttachments>> InterfacesAsync(string id, Caller caller, ServerLookup lookup, CancellationToken ct)
    {
        await lookup.FindAsync(id, caller, ct);
        // Ports belong to a network service, which is not here.
        return TypedResults.Json(new InterfaceAttachments([]), ComputeJson.Default.InterfaceAttachments);
    }

    private static async Task<JsonHttpResult<SecurityGroupList>> SecurityGroupsAsync(string id, Caller caller, ServerLookup lookup, CancellationToken ct)
    {
        await lookup.FindAsync(id, caller, ct);
        return TypedResults.Json(new SecurityGroupList([]), ComputeJson.Default.SecurityGroupList);
    }

    private static void RequireTags(Microversion version)
    {
        if (!version.Has(26))
            throw Fault.NotFound("The resource could not be found.");
    }

    private static JsonHttpResult<MetadataEnvelope> Answer(IReadOnlyDictionary<string, string> metadata) =>
        TypedResults.Json(new MetadataEnvelope(metadata), ComputeJson.Default.MetadataEnvelope);

    private static JsonHttpResult<MetadataItem> Answer(string key, string value) =>
        TypedResults.Json(new MetadataItem(new Dictionary<string, string> { [key] = value }), ComputeJson.Default.MetadataItem);

    private static JsonHttpResult<TagList> Answer(IReadOnlyList<string> tags) => TypedResults.Json(new TagList(tags), ComputeJson.Default.TagList);
}
