using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images;

public sealed class VersionTests(ImagesApi api) : IClassFixture<ImagesApi>
{
    private string Expected => JsonSerializer.Serialize(new
    {
        versions = new[] { "v2.17", "v2.15", "v2.13", "v2.12", "v2.11", "v2.10", "v2.9", "v2.8", "v2.7", "v2.6", "v2.5", "v2.4", "v2.3", "v2.2", "v2.1", "v2.0" }.Select(id => new
        {
            id,
            status = id == "v2.17" ? "CURRENT" : "SUPPORTED",
            links = new[] { new { rel = "self", href = new Uri(api.Shared.Server.Address, "/image/v2/").ToString() } },
        }),
    });

    [Theory]
    [InlineData("GET", "/image", 300)]
    [InlineData("GET", "/image/", 300)]
    [InlineData("POST", "/image", 300)]
    [InlineData("GET", "/image/v1", 300)]
    [InlineData("GET", "/image/v2.14/images", 300)]
    [InlineData("PUT", "/image/v9/images/x", 300)]
    [InlineData("GET", "/image/versions", 200)]
    public async Task The_versions_are_told_to_anybody(string method, string path, int status)
    {
        using var nobody = new ApiClient(api.Shared.Server);
        var answer = await nobody.SendAsync(new HttpMethod(method), path);
        ImagesApi.AssertAnswer(status, Expected, answer);
        Assert.StartsWith("req-", answer.Header("X-Openstack-Request-Id"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v2")]
    [InlineData("v2.0")]
    [InlineData("v2.7")]
    [InlineData("v2.9")]
    [InlineData("v2.15")]
    [InlineData("v2.17")]
    public async Task Every_announced_version_is_a_prefix_of_all_paths(string version)
    {
        ImagesApi.AssertAnswer(200, """{"images": [], "first": "/v2/images?none=such", "schema": "/v2/schemas/images"}""",
            await api.One.GetAsync($"/image/{version}/images?none=such"));
        ImagesApi.AssertFault(404, "Not Found", "No image found with ID 00000000-0000-0000-0000-000000000000",
            await ImagesApi.SendAsync(api.One, "GET", $"/image/{version}/images/00000000-0000-0000-0000-000000000000/file"));
    }

    [Fact]
    public async Task The_version_may_stand_in_the_media_type()
    {
        var answer = await api.One.SendAsync(HttpMethod.Get, "/image/images?none=such", null, ("Accept", "application/vnd.openstack.images-v2.9"));
        ImagesApi.AssertAnswer(200, """{"images": [], "first": "/v2/images?none=such", "schema": "/v2/schemas/images"}""", answer);
    }

    [Fact]
    public async Task A_version_without_a_slash_is_sent_to_the_one_with()
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = api.Shared.Server.Address };
        using var answer = await http.GetAsync(new Uri("/image/v2", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal((302, new Uri(http.BaseAddress, "/image/v2/")), ((int)answer.StatusCode, answer.Headers.Location));
        ImagesApi.AssertFault(404, "Not Found", "The resource could not be found.", await ImagesApi.SendAsync(api.One, "GET", "/image/v2/"));
    }
}
