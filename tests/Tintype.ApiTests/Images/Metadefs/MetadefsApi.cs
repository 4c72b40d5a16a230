using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Metadefs;

/// <summary>Namespaces of definitions on the shared server.</summary>
internal static class MetadefsApi
{
    public const string Namespaces = "/image/v2/metadefs/namespaces";
    public const string ResourceTypes = "/image/v2/metadefs/resource_types";

    /// <summary>A namespace of the administrator's with a name of its own.</summary>
    /// <param name="members">More of its JSON, with a comma before.</param>
    public static async Task<string> NamespaceAsync(ImagesApi api, string members = "")
    {
        var name = SharedServer.Unique("NS");
        Assert.Equal(201, (int)(await SendAsync(api.Admin, "POST", Namespaces, $$"""{"namespace": "{{name}}"{{members}}}""")).Status);
        return name;
    }

    public static void AssertRefused(int status, string message, ApiAnswer answer) => AssertFault(status, status switch
    {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        _ => "Conflict",
    }, message, answer);

    /// <summary>A namespace's own members.</summary>
    public static string View(string name, string owner, string visibility = "private", string isProtected = "false", string more = "") => $$"""
        {"namespace": "{{name}}", "visibility": "{{visibility}}", "protected": {{isProtected}}, "owner": "{{owner}}", "created_at": "TIME",
         "updated_at": "TIME", "self": "/v2/metadefs/namespaces/{{name}}", "schema": "/v2/schemas/metadefs/namespace"{{more}}}
        """;

    public static async Task<string> AdminProjectAsync(ImagesApi api)
    {
        var name = await NamespaceAsync(api);
        return (await api.Admin.GetAsync($"{Namespaces}/{name}")).Json.GetProperty("owner").GetString()!;
    }
}
