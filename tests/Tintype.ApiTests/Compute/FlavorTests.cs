using System.Net;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Compute;

[Collection(ComputeCollection.Name)]
public sealed class FlavorTests(ComputeServer compute)
{
    [Fact]
    public async Task A_flavor_is_shown_as_each_version_has_it()
    {
        var id = compute.FlavorId;
        var links = $$"""[{"rel": "self", "href": "{{compute.Server.Address}}compute/v2.1/flavors/{{id}}"}, {"rel": "bookmark", "href": "{{compute.Server.Address}}compute/flavors/{{id}}"}]""";
        var name = (await ComputeServer.AskAsync(compute.Member, "GET", $"/flavors/{id}")).Json.GetProperty("flavor").GetProperty("name").GetString();
        var common = $$"""
            "id": "{{id}}", "name": "{{name}}", "ram": 256, "disk": 1, "vcpus": 1, "OS-FLV-EXT-DATA:ephemeral": 0, "OS-FLV-DISABLED:disabled": false,
            "os-flavor-access:is_public": true, "rxtx_factor": 1.0, "links": {{links}}
            """;

        var old = await ComputeServer.AskAsync(compute.Member, "GET", $"/flavors/{id}");
        Assert.Equal(JsonText.Canonical($$"""{"flavor": { {{common}}, "swap": "" } }"""), JsonText.Canonical(old.Text));
        var newest = await ComputeServer.AskAsync(compute.Member, "GET", $"/flavors/{id}", minor: 92);
        Assert.Equal(JsonText.Canonical($$"""{"flavor": { {{common}}, "swap": 0, "description": null, "extra_specs": {} } }"""), JsonText.Canonical(newest.Text));

        var brief = (await ComputeServer.AskAsync(compute.Member, "GET", "/flavors")).Json.GetProperty("flavors").EnumerateArray().Single(f => f.GetProperty("id").GetString() == id);
        Assert.Equal(JsonText.Canonical($$"""{"id": "{{id}}", "name": "{{name}}", "links": {{links}} }"""), JsonText.Canonical(brief.GetRawText()));
        Assert.Equal("""{"extra_specs":{}}""", (await ComputeServer.AskAsync(compute.Member, "GET", $"/flavors/{id}/os-extra_specs")).Text);
    }

    [Fact]
    public async Task Only_an_administrator_makes_and_removes_flavors()
    {
        var name = SharedServer.Unique("flavor");
        var body = $$"""{"flavor": {"name": "{{name}}", "ram": 300, "vcpus": 2, "disk": 3, "id": "{{name}}", "os-flavor-access:is_public": false} }""";

        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Member, "POST", "/flavors", body), "forbidden", 403,
            "Policy doesn't allow os_compute_api:os-flavor-manage:create to be performed.");
        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Member, "DELETE", $"/flavors/{compute.FlavorId}"), "forbidden", 403,
            "Policy doesn't allow os_compute_api:os-flavor-manage:delete to be performed.");

        var made = await ComputeServer.AskAsync(compute.Admin, "POST", "/flavors", body);
        Assert.Equal(HttpStatusCode.OK, made.Status);
        Assert.Equal((name, 300), (made.Json.GetProperty("flavor").GetProperty("id").GetString(), made.Json.GetProperty("flavor").GetProperty("ram").GetInt32()));
        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Admin, "POST", "/flavors", body), "conflictingRequest", 409, $"Flavor with ID {name} already exists.");
        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Admin, "POST", "/flavors", body.Replace($"\"id\": \"{name}\"", "\"id\": null", StringComparison.Ordinal)),
            "conflictingRequest", 409, $"Flavor with name {name} already exists.");

        // A flavor that is not public is for administrators.
        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Member, "GET", $"/flavors/{name}"), "itemNotFound", 404, $"Flavor {name} could not be found.");
        Assert.DoesNotContain(name, (await ComputeServer.AskAsync(compute.Member, "GET", "/flavors?is_public=None")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(name, (await ComputeServer.AskAsync(compute.Admin, "GET", "/flavors")).Text, StringComparison.Ordinal);
        Assert.Contains(name, (await ComputeServer.AskAsync(compute.Admin, "GET", "/flavors?is_public=None")).Text, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.Accepted, (await ComputeServer.AskAsync(compute.Admin, "DELETE", $"/flavors/{name}")).Status);
        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Admin, "DELETE", $"/flavors/{name}"), "itemNotFound", 404, $"Flavor {name} could not be found.");
    }

    [Theory]
    [InlineData("""{"flavor": {"name": "x", "ram": 0, "vcpus": 1, "disk": 1}}""", "Invalid input for field/attribute flavor.ram. Value: 0. 0 is less than the minimum of 1")]
    [InlineData("""{"flavor": {"name": "x", "ram": 1, "vcpus": 1}}""", "'disk' is a required property")]
    [InlineData("""{"flavor": {"name": "x", "ram": 1, "vcpus": 1, "disk": 1, "swap": 5}}""", "Servers here have a root disk alone; it must be 0")]
    [InlineData("""{"flavor": {"name": "x", "ram": 1, "vcpus": 1, "disk": 1, "description": "d"}}""", "Additional properties are not allowed ('description' was unexpected)")]
    [InlineData("""{"flavor": """, "The request body is not valid JSON")]
    public async Task A_wrong_flavor_is_refused(string body, string sentence)
    {
        var answer = await ComputeServer.AskAsync(compute.Admin, "POST", "/flavors", body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(sentence, answer.Json.GetProperty("badRequest").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_leads_to_the_next()
    {
        var first = (await ComputeServer.AskAsync(compute.Member, "GET", "/flavors?limit=1&sort_key=memory_mb")).Json;
        Assert.Equal(compute.FlavorId, Assert.Single(first.GetProperty("flavors").EnumerateArray()).GetProperty("id").GetString());
        var next = Assert.Single(first.GetProperty("flavors_links").EnumerateArray());
        Assert.Equal("next", next.GetProperty("rel").GetString());

        var second = (await compute.Member.GetAsync(new Uri(next.GetProperty("href").GetString()!).PathAndQuery)).Json;
        Assert.NotEqual(compute.FlavorId, Assert.Single(second.GetProperty("flavors").EnumerateArray()).GetProperty("id").GetString());
        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Member, "GET", "/flavors?marker=none"), "badRequest", 400, "marker [none] not found");
    }
}
