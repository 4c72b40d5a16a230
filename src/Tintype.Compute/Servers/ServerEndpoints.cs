using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Compute.Api;
using Tintype.Compute.Guests;
using Tintype.Compute.Servers.Create;
using Tintype.Compute.Servers.Life;
using Tintype.Compute.Servers.Listing;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;
using Tintype.Protocol.Compute;

namespace Tintype.Compute.Servers;

/// <summary><c>/servers</c>.</summary>
internal static class ServerEndpoints
{
    private const string Rule = "os_compute_api:servers:";

    public static void Map(IEndpointRouteBuilder compute)
    {
        compute.MapGet("/servers", ListAsync);
        compute.MapPost("/servers", CreateAsync);
        compute.MapGet("/servers/detail", ListDetailAsync);
        compute.MapGet("/servers/{id}", ShowAsync);
        compute.MapPut("/servers/{id}", UpdateAsync);
        compute.MapDelete("/servers/{id}", DeleteAsync);
    }

    private static async Task<JsonHttpResult<ServerSummaries>> ListAsync(
        HttpRequest request, Microversion version, Caller caller, ServerRepository servers, GuestSupervisor guests, CancellationToken ct)
    {
        var page = await SelectAsync(request, version, caller, servers, "index", ct);
        var view = ViewFor(request, version, caller, guests);
        return TypedResults.Json(
            new ServerSummaries([.. page.Select(view.Summary)], Next(request, "servers", page)), ComputeJson.Default.ServerSummaries);
    }

    private static async Task<JsonHttpResult<ServerDetails>> ListDetailAsync(
        HttpRequest request, Microversion version, Caller caller, ServerRepository servers, GuestSupervisor guests, CancellationToken ct)
    {
        var page = await SelectAsync(request, version, caller, servers, "detail", ct);
        var view = ViewFor(request, version, caller, guests);
        return TypedResults.Json(
            new ServerDetails([.. page.Select(s => view.Detail(s, alone: false))], Next(request, "servers/detail", page)), ComputeJson.Default.ServerDetails);
    }

    private static async Task<JsonHttpResult<ServerEnvelope>> ShowAsync(
        string id, HttpRequest request, Microversion version, Caller caller, ServerLookup lookup, GuestSupervisor guests, CancellationToken ct) =>
        Answer(await lookup.FindAsync(id, caller, ct), request, version, caller, guests);

    private static async Task<IResult> CreateAsync(
        HttpRequest request, Microversion version, Caller caller, ServerCreation creation, CancellationToken ct)
    {
        using var body = await JsonBody.ReadDocumentAsync(request, ct);
        var asked = ServerCreateRequest.Parse(body.RootElement, version);
        var made = await creation.CreateAsync(asked, caller, RequestId.Of(request.HttpContext), ct);
        if (asked.ReturnReservation)
            return TypedResults.Json(new Reservation(made[0].ReservationId), ComputeJson.Default.Reservation, statusCode: StatusCodes.Status202Accepted);
        var links = ComputeApi.LinksTo(request, "servers", made[0].Id.ToString());
        request.HttpContext.Response.Headers.Location = links[0].Href;
        var created = new CreatedServer(made[0].Id.ToString(), links, "MANUAL", [new("default")], made[0].AdminPassword!);
        return TypedResults.Json(new CreatedServerEnvelope(created), ComputeJson.Default.CreatedServerEnvelope, statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<JsonHttpResult<ServerEnvelope>> UpdateAsync(
        string id, HttpRequest request, Microversion version, Caller caller, ServerLookup lookup, ServerRepository servers, GuestSupervisor guests,
        CancellationToken ct)
    {
        using var body = await JsonBody.ReadDocumentAsync(request, ct);
        var asked = RequestObject.Of(body.RootElement, "server");
        string[] known = ["name", "OS-DCF:diskConfig", "accessIPv4", "accessIPv6"];
        asked.AllowOnly([.. known, .. version.Has(19) ? (string[])["description"] : [], .. version.Has(90) ? (string[])["hostname"] : []]);
        var found = await lookup.FindForChangeAsync(id, caller, Rule + "update", ct);
        await servers.UpdateAsync(found.Id, server => server with
        {
            Name = asked.OptionalName("name") ?? server.Name,
            Description = asked.Has("description") ? asked.OptionalText("description", 0, 255) : server.Description,
            Hostname = ServerNaming.HostnameIn(asked) ?? server.Hostname,
            AccessIPv4 = asked.OptionalText("accessIPv4", 0, 45) ?? server.AccessIPv4,
            AccessIPv6 = asked.OptionalText("accessIPv6", 0, 45) ?? server.AccessIPv6,
        }, ct);
        return Answer(await lookup.FindAsync(id, caller, ct), request, version, caller, guests);
    }

    private static async Task<NoContent> DeleteAsync(
        string id, HttpContext context, Caller caller, ServerLookup lookup, ServerRepository servers, ServerActionRepository actions,
        MetadataDatabase database, TaskQueue tasks, CancellationToken ct)
    {
        var server = await lookup.FindForChangeAsync(id, caller, Rule + "delete", ct);
        await database.WriteAsync(async scope =>
        {
            // A second deletion finds the first under way, and is no error.
            if (!await servers.BeginDeleteAsync(scope, server.Id))
                return;
            await actions.BeginAsync(scope, server.Id, "delete", RequestId.Of(context), caller.ProjectId, caller.UserId);
            await tasks.EnqueueAsync(scope, new NewTask(ServerTask.Delete, server.Id, server.ProjectId, caller.UserId, RequestId.Of(context), "{}"));
        }, ct);
        return TypedResults.NoContent();
    }

    private static async Task<IReadOnlyList<Server>> SelectAsync(
        HttpRequest request, Microversion version, Caller caller, ServerRepository servers, string action, CancellationToken ct)
    {
        var project = ServerListing.ProjectOf(request.Query, caller, Rule + action);
        return ServerListing.Select(await servers.ListAsync(project, ct), request.Query, caller, version);
    }

    private static JsonHttpResult<ServerEnvelope> Answer(Server server, HttpRequest request, Microversion version, Caller caller, GuestSupervisor guests) =>
        TypedResults.Json(new ServerEnvelope(ViewFor(request, version, caller, guests).Detail(server)), ComputeJson.Default.ServerEnvelope);

    private static ServerView ViewFor(HttpRequest request, Microversion version, Caller caller, GuestSupervisor guests) =>
        new(request, version, caller, id => guests.Find(id) is not null);

    private static Link[]? Next(HttpRequest request, string collection, IReadOnlyList<Server> page) =>
        ComputeApi.NextPage(request, collection, ListRequest.Of(request.Query).Limit, page.Count, page.Count == 0 ? null : page[^1].Id.ToString());
}
