using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images;

public sealed class MemberTests(ImagesApi api) : IClassFixture<ImagesApi>
{
    [Fact]
    public async Task An_image_is_offered_accepted_declined_and_withdrawn()
    {
        var name = SharedServer.Unique("shared");
        var id = await CreateAsync(api.One, $$"""{"name": "{{name}}"}""");
        var members = $"{Root}/{id}/members";
        var own = $"{members}/{api.Projects.Two}";
        string Member(string status) => $$"""
            {"member_id": "{{api.Projects.Two}}", "image_id": "{{id}}", "status": "{{status}}", "created_at": "TIME", "updated_at": "TIME", "schema": "/v2/schemas/member"}
            """;
        string Members(params string[] statuses) => $$"""{"members": [{{string.Join(", ", statuses.Select(Member))}}], "schema": "/v2/schemas/members"}""";

        AssertAnswer(200, Members(), await SendAsync(api.One, "GET", members));
        AssertFault(404, "Not Found", $"Image {id} not found.", await SendAsync(api.Two, "GET", members));
        AssertAnswer(200, Member("pending"), await SendAsync(api.One, "POST", members, $$"""{"member": "{{api.Projects.Two}}"}"""));
        AssertFault(409, "Conflict", $"Member {api.Projects.Two} is duplicated for image {id}", await SendAsync(api.One, "POST", members, $$"""{"member": "{{api.Projects.Two}}"}"""));

        // Pending: seen by id, found by those who ask for it, in no plain list.
        Assert.Equal(200, (int)(await SendAsync(api.Two, "GET", $"{Root}/{id}")).Status);
        Assert.Equal(0, await ListedAsync(name));
        Assert.Equal(1, await ListedAsync(name, "&member_status=pending"));
        AssertAnswer(200, Members("pending"), await SendAsync(api.Two, "GET", members));
        AssertAnswer(200, Member("pending"), await SendAsync(api.Two, "GET", own));

        AssertFault(403, "Forbidden", "You are not authorized to complete modify_member action.", await SendAsync(api.One, "PUT", own, """{"status": "accepted"}"""));
        AssertFault(403, "Forbidden", "You are not authorized to complete add_member action.", await SendAsync(api.Two, "POST", members, """{"member": "third"}"""));
        AssertFault(403, "Forbidden", "You are not authorized to complete delete_member action.", await SendAsync(api.Two, "DELETE", own));

        // The client sends the member along.
        AssertAnswer(200, Member("accepted"), await SendAsync(api.Two, "PUT", own, $$"""{"status": "accepted", "member": "{{api.Projects.Two}}"}"""));
        Assert.Equal(1, await ListedAsync(name));
        Assert.Equal(1, await ListedAsync(name, "&visibility=shared"));
        AssertAnswer(200, Member("rejected"), await SendAsync(api.Two, "PUT", own, """{"status": "rejected"}"""));
        Assert.Equal((0, 1, 1), (await ListedAsync(name), await ListedAsync(name, "&member_status=rejected"), await ListedAsync(name, "&member_status=all")));
        Assert.Equal(200, (int)(await SendAsync(api.Two, "GET", $"{Root}/{id}")).Status);

        Assert.Equal(204, (int)(await SendAsync(api.One, "DELETE", own)).Status);
        AssertFault(404, "Not Found", $"{api.Projects.Two} not found in the member list of the image {id}.", await SendAsync(api.One, "DELETE", own));
        AssertFault(404, "Not Found", $"No image found with ID {id}", await SendAsync(api.Two, "GET", $"{Root}/{id}"));
    }

    [Fact]
    public async Task Offers_outlast_a_time_in_which_the_image_is_not_shared()
    {
        var id = await CreateAsync(api.One, "{}");
        var members = $"{Root}/{id}/members";
        await SendAsync(api.One, "POST", members, $$"""{"member": "{{api.Projects.Two}}"}""");
        await PatchAsync(api.One, id, """[{"op": "replace", "path": "/visibility", "value": "private"}]""");

        AssertFault(404, "Not Found", $"No image found with ID {id}", await SendAsync(api.Two, "GET", $"{Root}/{id}"));
        AssertFault(403, "Forbidden", $"Not allowed to list members for image {id}: Only shared images have members.", await SendAsync(api.One, "GET", members));
        AssertFault(403, "Forbidden", $"Not allowed to create members for image {id}: Only shared images have members.", await SendAsync(api.One, "POST", members, """{"member": "m"}"""));
        AssertFault(403, "Forbidden", $"Not allowed to update members for image {id}: Only shared images have members.", await SendAsync(api.Admin, "PUT", $"{members}/x", """{"status": "accepted"}"""));
        AssertFault(403, "Forbidden", $"Not allowed to delete members for image {id}: Only shared images have members.", await SendAsync(api.One, "DELETE", $"{members}/x"));
        AssertFault(404, "Not Found", "Only shared images have members.", await SendAsync(api.One, "GET", $"{members}/{api.Projects.Two}"));

        await PatchAsync(api.One, id, """[{"op": "replace", "path": "/visibility", "value": "shared"}]""");
        Assert.Equal("pending", (await SendAsync(api.Two, "GET", $"{members}/{api.Projects.Two}")).Json.GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("POST", "", "[]", "Expected a member in the form: {\"member\": \"image_id\"}")]
    [InlineData("POST", "", "{}", "Member to be added not specified")]
    [InlineData("POST", "", """{"member": ""}""", "Member can't be empty")]
    [InlineData("POST", "", """{"member": 5}""", "The member to be added is 5; it must be a project's id, a string.")]
    [InlineData("PUT", "/x", "[]", "Expected a status in the form: {\"status\": \"status\"}")]
    [InlineData("PUT", "/x", "{}", "Status not specified")]
    [InlineData("PUT", "/x", """{"status": "maybe"}""", "Incorrect request: Status must be \"pending\", \"accepted\" or \"rejected\".")]
    [InlineData("PUT", "/x", """{"status": null}""", "Incorrect request: Status must be \"pending\", \"accepted\" or \"rejected\".")]
    public async Task Malformed_offers_and_answers(string method, string path, string body, string message)
    {
        var id = await CreateAsync(api.One, "{}");
        AssertFault(400, "Bad Request", message, await SendAsync(api.One, method, $"{Root}/{id}/members{path}", body));
    }

    [Fact]
    public async Task An_image_has_at_most_128_members()
    {
        var id = await CreateAsync(api.One, "{}");
        for (var at = 0; at < 128; at++)
            Assert.Equal(200, (int)(await SendAsync(api.One, "POST", $"{Root}/{id}/members", $$"""{"member": "m{{at}}"}""")).Status);
        AssertFault(413, "Request Entity Too Large",
            $"Image member limit exceeded for image {id}: The limit has been exceeded on the number of allowed image members for this image. Attempted: 129, Maximum: 128:",
            await SendAsync(api.One, "POST", $"{Root}/{id}/members", """{"member": "over"}"""));
    }

    private async Task<int> ListedAsync(string name, string more = "") =>
        (await api.Two.GetAsync($"{Root}?name={name}{more}")).Json.GetProperty("images").GetArrayLength();
}
