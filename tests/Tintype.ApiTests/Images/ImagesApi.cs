using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images;

/// <summary>The three clouds of the shared server, signed in.</summary>
public sealed class ImagesApi(SharedServer shared) : IAsyncLifetime
{
    public const string Root = "/image/v2/images";
    public const string Patch = "application/openstack-images-v2.1-json-patch";

    public SharedServer Shared { get; } = shared;

    public ApiClient One { get; private set; } = null!;

    public ApiClient Two { get; private set; } = null!;

    public ApiClient Admin { get; private set; } = null!;

    /// <summary>Ids of the projects of <see cref="One"/> and <see cref="Two"/>.</summary>
    public (string One, string Two) Projects { get; private set; }

    public async ValueTask InitializeAsync()
    {
        One = await Shared.SignInAsync("tintype");
        Two = await Shared.SignInAsync("tintype-two");
        Admin = await Shared.SignInAsync("tintype-admin");
        Projects = (await OwnerAsync(One), await OwnerAsync(Two));
    }

    public ValueTask DisposeAsync()
    {
        One.Dispose();
        Two.Dispose();
        Admin.Dispose();
        return ValueTask.CompletedTask;
    }

    public static async Task<string> CreateAsync(ApiClient client, string body)
    {
        var answer = await SendAsync(client, "POST", Root, body);
        Assert.Equal(201, (int)answer.Status);
        return answer.Json.GetProperty("id").GetString()!;
    }

    /// <summary>As the clients that matter do, asking for JSON.</summary>
    public static Task<ApiAnswer> SendAsync(ApiClient client, string method, string path, string? body = null, string? contentType = null) =>
        client.SendAsync(new HttpMethod(method), path, body, contentType is null
            ? [("Accept", "application/json")] : [("Accept", "application/json"), ("Content-Type", contentType)]);

    public static Task<ApiAnswer> PatchAsync(ApiClient client, string id, string body) => SendAsync(client, "PATCH", $"{Root}/{id}", body, Patch);

    /// <summary>Status and whole body; times are compared by their form alone.</summary>
    public static void AssertAnswer(int status, string expected, ApiAnswer answer)
    {
        Assert.Equal((status, Canonical(expected)), ((int)answer.Status, Canonical(Timeless(answer.Text))));
        Assert.Equal("application/json", answer.Header("Content-Type"));
    }

    /// <summary>Status and whole body of a refusal.</summary>
    public static void AssertFault(int status, string title, string message, ApiAnswer answer, string detail = "") => AssertAnswer(status, JsonSerializer.Serialize(
        new { message = $"{message}<br /><br />\n{detail}\n\n", code = $"{status} {title}", title }), answer);

    private static async Task<string> OwnerAsync(ApiClient client)
    {
        var id = await CreateAsync(client, "{}");
        var owner = (await client.GetAsync($"{Root}/{id}")).Json.GetProperty("owner").GetString()!;
        await client.SendAsync(HttpMethod.Delete, $"{Root}/{id}");
        return owner;
    }

    private static string Timeless(string text) => Regex.Replace(text, @"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME");

    private static string Canonical(string json) => Sorted(JsonNode.Parse(json))?.ToJsonString() ?? "null";

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, Sorted(m.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
