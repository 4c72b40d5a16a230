using System.Globalization;
using System.Text.Json;
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

namespace Tintype.Compute.Keypairs;

/// <summary><c>/os-keypairs</c>: each user's own; since 2.10 an administrator may name another user.</summary>
internal static partial class KeypairEndpoints
{
    private const string Rule = "os_compute_api:os-keypairs:";

    public static void Map(IEndpointRouteBuilder compute)
    {
        compute.MapGet("/os-keypairs", ListAsync);
        compute.MapPost("/os-keypairs", CreateAsync);
        compute.MapGet("/os-keypairs/{name}", ShowAsync);
        compute.MapDelete("/os-keypairs/{name}", DeleteAsync);
    }

    private static async Task<JsonHttpResult<KeypairList>> ListAsync(
        HttpRequest request, Microversion version, Caller caller, KeypairRepository keypairs, CancellationToken ct)
    {
        var all = await keypairs.ListAsync(UserOf(request, version, caller, "index"), ct);
        if (!version.Has(35))
            return Answer(all, null);
        var list = ListRequest.Of(request.Query);
        var page = list.Page(all, k => k.Name);
        return Answer(page, ComputeApi.NextPage(request, "os-keypairs", list.Limit, page.Count, page.Count == 0 ? null : page[^1].Name));

        JsonHttpResult<KeypairList> Answer(IReadOnlyList<Keypair> items, Link[]? next) => TypedResults.Json(
            new KeypairList([.. items.Select(k => new KeypairEnvelope(View(k, version)))], next), ComputeJson.Default.KeypairList);
    }

    private static async Task<JsonHttpResult<KeypairEnvelope>> ShowAsync(
        string name, HttpRequest request, Microversion version, Caller caller, KeypairRepository keypairs, CancellationToken ct)
    {
        var userId = UserOf(request, version, caller, "show");
        var keypair = await keypairs.FindAsync(userId, name, ct) ?? throw Fault.KeypairNotFound(name, userId);
        var view = View(keypair, version) with
        {
            UserId = keypair.UserId,
            Id = keypair.Id,
            // Nova's form here has no zone.
            CreatedAt = keypair.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
            Deleted = false,
            DeletedAt = new Optional<string>(null),
            UpdatedAt = new Optional<string>(null),
        };
        return TypedResults.Json(new KeypairEnvelope(view), ComputeJson.Default.KeypairEnvelope);
    }

    private static async Task<JsonHttpResult<KeypairEnvelope>> CreateAsync(
        HttpRequest request, Microversion version, Caller caller, KeypairRepository keypairs, CancellationToken ct)
    {
        using var body = await JsonBody.ReadDocumentAsync(request, ct);
        var (name, publicKey, asked) = Parse(body.RootElement, version);
        var userId = Own(asked, caller, "create");
        var (key, privateKey) = publicKey is null ? SshPublicKey.Generate() : (SshPublicKey.Parse(publicKey), null);
        var keypair = await keypairs.InsertAsync(userId, name, key, ct) ?? throw Fault.Conflict($"Key pair '{name}' already exists.");
        return TypedResults.Json(
            new KeypairEnvelope(View(keypair, version) with { UserId = keypair.UserId, PrivateKey = privateKey }),
            ComputeJson.Default.KeypairEnvelope, statusCode: version.Has(2) ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task<StatusCodeHttpResult> DeleteAsync(
        string name, HttpRequest request, Microversion version, Caller caller, KeypairRepository keypairs, CancellationToken ct)
    {
        var userId = UserOf(request, version, caller, "delete");
        return await keypairs.DeleteAsync(userId, name, ct)
            ? TypedResults.StatusCode(version.Has(2) ? StatusCodes.Status204NoContent : StatusCodes.Status202Accepted)
            : throw Fault.KeypairNotFound(name, userId);
    }

    private static (string Name, string? PublicKey, string? UserId) Parse(JsonElement body, Microversion version)
    {
        var keypair = RequestObject.Of(body, "keypair");
        keypair.AllowOnly([.. (string[])["name", "public_key"], .. version.Has(2) ? (string[])["type"] : [], .. version.Has(10) ? (string[])["user_id"] : []]);
        var name = keypair.Name("name");
        if (!(version.Has(92) ? NamePattern92() : NamePattern()).IsMatch(name))
            throw keypair.Invalid("name", version.Has(92)
                ? "it must be letters, digits, blanks and any of @ . _ -"
                : "it must be letters, digits, blanks, '_' and '-'");
        if (version.Has(92))
            keypair.Text("public_key", 1, int.MaxValue);
        if (keypair.OptionalText("type", 1, 255) is { } type and not "ssh")
            throw keypair.Invalid("type", $"'{type}' is not one of 'ssh'");
        return (name, keypair.Has("public_key") ? keypair.Text("public_key", 1, 16 * 1024) : null, keypair.OptionalText("user_id", 1, 255));
    }

    private static string UserOf(HttpRequest request, Microversion version, Caller caller, string action) =>
        Own(version.Has(10) && request.Query["user_id"] is [{ Length: > 0 } asked, ..] ? asked : null, caller, action);

    private static string Own(string? userId, Caller caller, string action) =>
        userId is null || userId == caller.UserId || caller.IsAdmin ? userId ?? caller.UserId : throw Fault.PolicyForbids(Rule + action);

    private static KeypairView View(Keypair keypair, Microversion version) => new()
    {
        Name = keypair.Name,
        PublicKey = keypair.PublicKey,
        Fingerprint = keypair.Fingerprint,
        Type = version.Has(2) ? "ssh" : null,
    };

    [GeneratedRegex("^[a-zA-Z0-9 _-]+$", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();

    [GeneratedRegex("^[a-zA-Z0-9 @._-]+$", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern92();
}

internal static class KeypairFaults
{
    extension(Fault)
    {
        public static Fault KeypairNotFound(string name, string userId) => Fault.NotFound($"Keypair {name} not found for user {userId}");
    }
}
