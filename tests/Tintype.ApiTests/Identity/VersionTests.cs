using System.Net;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Identity;

public sealed class VersionTests(SharedServer shared)
{
    private string Version => $$"""
        {"id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z",
         "links": [{"rel": "self", "href": "{{shared.Server.Address}}identity/v3/"}],
         "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}] }
        """;

    [Theory]
    [InlineData("/identity")]
    [InlineData("/identity/")]
    public async Task The_root_offers_version_3_as_a_choice(string path)
    {
        using var client = new ApiClient(shared.Server);

        var answer = await client.GetAsync(path);

        Assert.Equal(HttpStatusCode.MultipleChoices, answer.Status);
        Assert.Equal(JsonText.Canonical($$"""{"versions": {"values": [{{Version}}] } }"""), JsonText.Canonical(answer.Text));
    }

    [Theory]
    [InlineData("/identity/v3")]
    [InlineData("/identity/v3/")]
    public async Task Version_3_describes_itself(string path)
    {
        using var client = new ApiClient(shared.Server);

        var answer = await client.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(JsonText.Canonical($$"""{"version": {{Version}} }"""), JsonText.Canonical(answer.Text));
    }

    [Theory]
    [InlineData("GET", "/identity/v3/auth/tokens")]
    [InlineData("DELETE", "/identity/v3/auth/tokens")]
    [InlineData("GET", "/identity/v3/auth/catalog")]
    [InlineData("GET", "/identity/v3/auth/projects")]
    [InlineData("GET", "/identity/v3/auth/domains")]
    [InlineData("GET", "/identity/v3/domains")]
    [InlineData("GET", "/identity/v3/domains/default")]
    [InlineData("GET", "/identity/v3/projects?name=one")]
    [InlineData("POST", "/identity/v3/projects")]
    [InlineData("GET", "/identity/v3/projects/x")]
    [InlineData("PATCH", "/identity/v3/projects/x")]
    [InlineData("DELETE", "/identity/v3/projects/x")]
    [InlineData("GET", "/identity/v3/users")]
    [InlineData("POST", "/identity/v3/users")]
    [InlineData("GET", "/identity/v3/users/x")]
    [InlineData("PATCH", "/identity/v3/users/x")]
    [InlineData("DELETE", "/identity/v3/users/x")]
    [InlineData("POST", "/identity/v3/users/x/password")]
    [InlineData("GET", "/identity/v3/users/x/projects")]
    [InlineData("GET", "/identity/v3/roles")]
    [InlineData("POST", "/identity/v3/roles")]
    [InlineData("GET", "/identity/v3/roles/x")]
    [InlineData("PATCH", "/identity/v3/roles/x")]
    [InlineData("DELETE", "/identity/v3/roles/x")]
    [InlineData("GET", "/identity/v3/role_assignments")]
    [InlineData("GET", "/identity/v3/projects/x/users/y/roles")]
    [InlineData("PUT", "/identity/v3/projects/x/users/y/roles/z")]
    [InlineData("DELETE", "/identity/v3/projects/x/users/y/roles/z")]
    public async Task Everything_else_asks_for_a_token(string method, string path)
    {
        using var client = new ApiClient(shared.Server);
        foreach (var token in new[] { null, "0123456789abcdef" })
        {
            client.Token = token;
            var answer = await client.SendAsync(HttpMethod.Parse(method), path);

            Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
            Assert.Equal("""{"error":{"code":401,"title":"Unauthorized","message":"The request you have made requires authentication."}}""", answer.Text);
            Assert.Equal($"Keystone uri=\"{shared.Server.Address}identity/v3\"", answer.Header("WWW-Authenticate"));
            Assert.Matches("^req-[0-9a-f-]{36}$", answer.Header("X-Openstack-Request-Id"));
        }
    }

    [Theory]
    [InlineData("GET", "/identity/v3/nothing", 404, "Not Found", "The resource could not be found.")]
    [InlineData("PUT", "/identity/v3/projects", 405, "Method Not Allowed", "The method PUT is not allowed for this resource.")]
    public async Task What_is_not_there_is_refused_in_keystones_form(string method, string path, int code, string title, string message)
    {
        using var client = await shared.SignInAsync("tintype");

        var answer = await client.SendAsync(HttpMethod.Parse(method), path);

        Assert.Equal(code, (int)answer.Status);
        Assert.Equal($$$"""{"error":{"code":{{{code}}},"title":"{{{title}}}","message":"{{{message}}}"}}""", answer.Text);
    }
}
