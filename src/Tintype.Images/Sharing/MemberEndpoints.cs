using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Images.Records;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Sharing;

internal static class MemberEndpoints
{
    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/images/{id}/members", ListAsync).RejectBody();
        api.MapPost("/images/{id}/members", OfferAsync);
        api.MapGet("/images/{id}/members/{member}", ShowAsync).RejectBody();
        api.MapPut("/images/{id}/members/{member}", AnswerAsync);
        api.MapDelete("/images/{id}/members/{member}", WithdrawAsync).RejectBody();
    }

    private static async Task<JsonHttpResult<ImageMemberListView>> ListAsync(string id, Caller caller, ImageSharing sharing, CancellationToken ct)
    {
        var members = await sharing.ListAsync(id, caller, ct);
        return TypedResults.Json(new ImageMemberListView([.. members.Select(View)], "/v2/schemas/members"),
            ImagesJson.Default.ImageMemberListView, "application/json");
    }

    // 200, where the rest of the API says 201.
    private static async Task<JsonHttpResult<ImageMemberView>> OfferAsync(
        string id, HttpRequest request, Caller caller, ImageSharing sharing, CancellationToken ct)
    {
        using var body = await GlanceRequest.ReadJsonAsync(request, ct);
        return Json(await sharing.OfferAsync(id, ParseMember(body.RootElement), caller, ct));
    }

    private static async Task<JsonHttpResult<ImageMemberView>> ShowAsync(
        string id, string member, Caller caller, ImageSharing sharing, CancellationToken ct) =>
        Json(await sharing.ShowAsync(id, member, caller, ct));

    private static async Task<JsonHttpResult<ImageMemberView>> AnswerAsync(
        string id, string member, HttpRequest request, Caller caller, ImageSharing sharing, CancellationToken ct)
    {
        using var body = await GlanceRequest.ReadJsonAsync(request, ct);
        return Json(await sharing.AnswerAsync(id, member, ParseStatus(body.RootElement), caller, ct));
    }

    private static async Task<NoContent> WithdrawAsync(string id, string member, Caller caller, ImageSharing sharing, CancellationToken ct)
    {
        await sharing.WithdrawAsync(id, member, caller, ct);
        return TypedResults.NoContent();
    }

    private static string ParseMember(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
            throw Fault.BadRequest("Expected a member in the form: {\"member\": \"image_id\"}");
        if (!body.TryGetProperty("member", out var member))
            throw Fault.BadRequest("Member to be added not specified");
        if (member.ValueKind != JsonValueKind.String)
            throw Fault.BadRequest($"The member to be added is {member.GetRawText()}; it must be a project's id, a string.");
        return member.GetString() switch
        {
            "" => throw Fault.BadRequest("Member can't be empty"),
            { Length: > ImageAttributes.MaximumLength } => throw Fault.BadRequest("The member to be added is longer than 255 characters; it must be a project's id."),
            var text => text!,
        };
    }

    // Clients send more than the status; the rest is what the path says already.
    private static MemberStatus ParseStatus(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
            throw Fault.BadRequest("Expected a status in the form: {\"status\": \"status\"}");
        if (!body.TryGetProperty("status", out var status))
            throw Fault.BadRequest("Status not specified");
        return status.ValueKind == JsonValueKind.String && MemberWords.Status(status.GetString()!) is { } known
            ? known
            : throw Fault.BadRequest("Incorrect request: Status must be \"pending\", \"accepted\" or \"rejected\".");
    }

    private static JsonHttpResult<ImageMemberView> Json(ImageMember member) =>
        TypedResults.Json(View(member), ImagesJson.Default.ImageMemberView, "application/json");

    private static ImageMemberView View(ImageMember member) => new(member.Member, member.ImageId, member.Status.Word(),
        member.CreatedAt.ToWire(), member.UpdatedAt.ToWire(), "/v2/schemas/member");
}
