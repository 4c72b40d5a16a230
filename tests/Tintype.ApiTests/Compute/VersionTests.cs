using System.Net;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Compute;

[Collection(ComputeCollection.Name)]
public sealed class VersionTests(ComputeServer compute)
{
    [Theory]
    [InlineData("/compute")]
    [InlineData("/compute/")]
    public async Task Everybody_may_ask_which_versions_there_are(string path)
    {
        using var anonymous = new ApiClient(compute.Server);

        var answer = await anonymous.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(JsonText.Canonical($$"""
            {"versions": [{"id": "v2.1", "status": "CURRENT", "version": "2.92", "min_version": "2.1", "updated": "2013-07-23T11:33:21Z",
              "links": [{"rel": "self", "href": "{{compute.Server.Address}}compute/v2.1/"}]}]}
            """), JsonText.Canonical(answer.Text));
    }

    [Theory]
    [InlineData("/compute/v2.1")]
    [InlineData("/compute/v2.1/")]
    public async Task The_version_tells_its_range(string path)
    {
        using var anonymous = new ApiClient(compute.Server);

        var answer = await anonymous.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(JsonText.Canonical($$"""
            {"version": {"id": "v2.1", "status": "CURRENT", "version": "2.92", "min_version": "2.1", "updated": "2013-07-23T11:33:21Z",
              "links": [{"rel": "self", "href": "{{compute.Server.Address}}compute/v2.1/"},
                        {"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"}],
              "media-types": [{"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"}]} }
            """), JsonText.Canonical(answer.Text));
    }

    [Theory]
    [InlineData("OpenStack-API-Version", "compute 2.45", "2.45")]
    [InlineData("X-OpenStack-Nova-API-Version", "2.37", "2.37")]
    [InlineData("OpenStack-API-Version", "compute latest", "2.92")]
    [InlineData("Unrelated", "x", "2.1")]
    public async Task The_version_spoken_is_told_in_every_answer(string header, string value, string version)
    {
        foreach (var path in (string[])["/compute/v2.1/servers", "/compute/v2.1/servers/none"])
        {
            var answer = await compute.Member.SendAsync(HttpMethod.Get, path, null, (header, value));

            Assert.Equal(($"compute {version}", version), (answer.Header("OpenStack-API-Version"), answer.Header("X-OpenStack-Nova-API-Version")));
            Assert.Equal("OpenStack-API-Version, X-OpenStack-Nova-API-Version", answer.Header("Vary"));
            Assert.StartsWith("req-", answer.Header("x-compute-request-id"), StringComparison.Ordinal);
            Assert.Equal(answer.Header("X-Openstack-Request-Id"), answer.Header("x-compute-request-id"));
        }
    }

    [Fact]
    public async Task A_version_that_is_not_spoken_is_refused()
    {
        var beyond = await compute.Member.SendAsync(HttpMethod.Get, "/compute/v2.1/servers", null, ("OpenStack-API-Version", "compute 2.93"));
        ComputeServer.AssertRefused(beyond, "computeFault", 406, "Version 2.93 is not supported by the API. Minimum is 2.1 and maximum is 2.92.");
        Assert.Equal("compute 2.93", beyond.Header("OpenStack-API-Version"));

        var malformed = await compute.Member.SendAsync(HttpMethod.Get, "/compute/v2.1/servers", null, ("OpenStack-API-Version", "compute two"));
        ComputeServer.AssertRefused(malformed, "badRequest", 400, "API Version String two is of invalid format. Must be of format MajorNum.MinorNum.");
        Assert.Null(malformed.Header("OpenStack-API-Version"));
    }

    [Fact]
    public async Task Without_a_token_there_is_nothing_but_versions()
    {
        using var anonymous = new ApiClient(compute.Server);

        var answer = await anonymous.GetAsync("/compute/v2.1/servers");

        ComputeServer.AssertRefused(answer, "unauthorized", 401, "The request you have made requires authentication.");
        Assert.Equal($"Keystone uri=\"{compute.Server.Address}identity/v3\"", answer.Header("WWW-Authenticate"));
    }

    [Fact]
    public async Task What_is_not_there_is_refused_in_novas_words()
    {
        ComputeServer.AssertRefused(await compute.Member.GetAsync("/compute/v2.1/moons"), "itemNotFound", 404, "The resource could not be found.");
        ComputeServer.AssertRefused(await compute.Member.SendAsync(HttpMethod.Put, "/compute/v2.1/servers", "{}"), "badMethod", 405,
            "The method PUT is not allowed for this resource.");
    }
}
