using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Compute.Api;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol;
using Tintype.Protocol.Compute;

namespace Tintype.Compute.Servers;

/// <summary>
/// <c>/servers/ID/os-instance-actions</c>: what was done to a server and how it ended. Nova's message says only "Error"; here it
/// says why, since this is where <c>openstack server event show</c> looks.
/// </summary>
internal static class InstanceActionEndpoints
{
    public static void Map(IEndpointRouteBuilder compute)
    {
        compute.MapGet("/servers/{id}/os-instance-actions", ListAsync);
        compute.MapGet("/servers/{id}/os-instance-actions/{requestId}", ShowAsync);
    }

    private static async Task<JsonHttpResult<InstanceActionList>> ListAsync(string id, HttpRequest request, Microversion version, Caller caller,
        ServerLookup lookup, ServerActionRepository actions, CancellationToken ct)
    {
        var server = await lookup.FindAsync(id, caller, ct);
        var all = await actions.ListAsync(server.Id, ct);
        if (!version.Has(58))
            return Answer(all, null);
        var list = ListRequest.Of(request.Query);
        var page = list.Page(all, a => a.RequestId);
        return Answer(page, ComputeApi.NextPage(request, $"servers/{server.Id}/os-instance-actions", list.Limit, page.Count, page.Count == 0 ? null : page[^1].RequestId));

        JsonHttpResult<InstanceActionList> Answer(IReadOnlyList<ServerActionRecord> items, Link[]? next) => TypedResults.Json(
            new InstanceActionList([.. items.Select(a => View(a, server, version))], next), ComputeJson.Default.InstanceActionList);
    }

    private static async Task<JsonHttpResult<InstanceActionEnvelope>> ShowAsync(string id, string requestId, Microversion version, Caller caller,
        ServerLookup lookup, ServerActionRepository actions, CancellationToken ct)
    {
        var server = await lookup.FindAsync(id, caller, ct);
        var action = (await actions.ListAsync(server.Id, ct)).FirstOrDefault(a => a.RequestId == requestId)
            ?? throw Fault.NotFound($"Action {requestId} not found");
        var view = View(action, server, version);
        if (caller.IsAdmin || version.Has(51))
            view = view with { Events = [Event(action, version)] };
        return TypedResults.Json(new InstanceActionEnvelope(view), ComputeJson.Default.InstanceActionEnvelope);
    }

    private static InstanceAction View(ServerActionRecord action, Server server, Microversion version) => new(
        action.Action, server.Id.ToString(), action.RequestId, action.UserId, action.ProjectId, Wire(action.StartedAt), action.Failure,
        version.Has(58) ? Wire(action.UpdatedAt) : null);

    private static InstanceActionEvent Event(ServerActionRecord action, Microversion version) => new(
        $"compute_{action.Action}", Wire(action.StartedAt), action.FinishedAt is { } at ? Wire(at) : null,
        action.FinishedAt is null ? null : action.Failure is null ? "Success" : "Error",
        version.Has(62) ? ServerView.HostIdOf(action.ProjectId) : null,
        version.Has(84) ? new Optional<string>(action.Failure) : default);

    // Nova's times here have microseconds and no zone.
    private static string Wire(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", System.Globalization.CultureInfo.InvariantCulture);
}
