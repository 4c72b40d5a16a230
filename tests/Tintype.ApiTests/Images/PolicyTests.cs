using CliWrap;
using CliWrap.Buffered;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images;

[Collection(Governed.Name)]
public sealed class PolicyTests(GovernedServer governed)
{
    [Fact]
    public async Task Publishers_publish_what_is_theirs_and_what_is_published_stays()
    {
        const string Publish = """[{"op": "replace", "path": "/visibility", "value": "public"}]""";
        var own = await CreateAsync(governed.Publisher, "{}");
        var community = await CreateAsync(governed.Member, """{"visibility": "community"}""");

        Assert.Equal(200, (int)(await PatchAsync(governed.Publisher, own, Publish)).Status);
        AssertFault(403, "Forbidden", "You are not authorized to complete publicize_image action.", await PatchAsync(governed.Publisher, community, Publish));
        AssertFault(403, "Forbidden", "You are not authorized to complete publicize_image action.", await PatchAsync(governed.Member, community, Publish));
        AssertFault(403, "Forbidden", "You are not authorized to complete publicize_image action.", await SendAsync(governed.Member, "POST", Root, """{"visibility": "public"}"""));
        AssertFault(403, "Forbidden", "You are not authorized to complete delete_image action.", await SendAsync(governed.Publisher, "DELETE", $"{Root}/{own}"));
        Assert.Equal(204, (int)(await SendAsync(governed.Admin, "DELETE", $"{Root}/{own}")).Status);
        Assert.Equal(204, (int)(await SendAsync(governed.Member, "DELETE", $"{Root}/{community}")).Status);
    }

    [Fact]
    public async Task Who_may_choose_the_store_that_is_read_is_for_the_policy_to_say()
    {
        var id = await CreateAsync(governed.Publisher, """{"disk_format": "raw", "container_format": "bare", "visibility": "community"}""");
        await governed.Publisher.SendBytesAsync(HttpMethod.Put, $"{Root}/{id}/file", "data"u8.ToArray());
        Assert.Equal("data", (await governed.Member.GetAsync($"{Root}/{id}/file?prefer=")).Text);
        Assert.Equal("data", (await governed.Publisher.GetAsync($"{Root}/{id}/file?prefer=local")).Text);
        AssertFault(403, "Forbidden", "You are not authorized to complete download_from_store action.", await SendAsync(governed.Member, "GET", $"{Root}/{id}/file?prefer=local"));
        AssertFault(400, "Bad Request", "Store 'nowhere' is not configured.", await SendAsync(governed.Publisher, "GET", $"{Root}/{id}/file?prefer=local,nowhere"),
            "'prefer' names stores to read from first; there is local.");
    }

    [Fact]
    public async Task A_policy_cannot_show_to_a_project_what_it_has_nothing_to_do_with()
    {
        var id = await CreateAsync(governed.Publisher, """{"visibility": "private"}""");

        AssertFault(404, "Not Found", $"No image found with ID {id}", await SendAsync(governed.Member, "GET", $"{Root}/{id}"));
        AssertFault(404, "Not Found", $"Failed to find image {id} to delete", await SendAsync(governed.Member, "DELETE", $"{Root}/{id}"));
    }

    [Fact]
    public async Task What_the_policy_hides_is_not_found_and_a_list_goes_on_behind_it()
    {
        var tag = SharedServer.Unique("page");
        var first = await CreateAsync(governed.Member, $$"""{"name": "plain", "tags": ["{{tag}}"]}""");
        var secret = await CreateAsync(governed.Member, $$"""{"name": "secret", "tags": ["{{tag}}"]}""");
        var last = await CreateAsync(governed.Member, $$"""{"name": "plain", "tags": ["{{tag}}"]}""");

        AssertFault(404, "Not Found", $"No image found with ID {secret}", await SendAsync(governed.Member, "GET", $"{Root}/{secret}"));
        AssertFault(404, "Not Found", $"Image {secret} not found.", await SendAsync(governed.Member, "GET", $"{Root}/{secret}/members"));
        var listed = new List<string>();
        for (var link = $"/v2/images?tag={tag}&limit=1&sort=created_at:asc"; link is not null;)
        {
            var page = (await governed.Member.GetAsync($"/image{link}")).Json;
            listed.AddRange(page.GetProperty("images").EnumerateArray().Select(i => i.GetProperty("id").GetString()!));
            link = page.TryGetProperty("next", out var next) ? next.GetString() : null;
        }

        Assert.Equal([first, last], listed);
    }

    [Fact]
    public async Task Whoever_was_offered_an_image_offers_it_on()
    {
        var id = await CreateAsync(governed.Publisher, "{}");
        var members = $"{Root}/{id}/members";
        Assert.Equal(200, (int)(await SendAsync(governed.Publisher, "POST", members, $$"""{"member": "{{await governed.ProjectAsync("tintype-two")}}"}""")).Status);

        Assert.Equal(200, (int)(await SendAsync(governed.Member, "POST", members, """{"member": "third"}""")).Status);
        AssertFault(404, "Not Found", $"third not found in the member list of the image {id}.", await SendAsync(governed.Member, "DELETE", $"{members}/third"));
        Assert.Equal(2, (await SendAsync(governed.Publisher, "GET", members)).Json.GetProperty("members").GetArrayLength());
    }

    [Fact]
    public async Task What_is_allowed_to_nobody_is_refused_to_the_admin_too()
    {
        var id = await CreateAsync(governed.Admin, "{}");
        AssertFault(403, "Forbidden", "You are not authorized to complete reactivate action.", await SendAsync(governed.Admin, "POST", $"{Root}/{id}/actions/reactivate"));
    }

    [Theory]
    [InlineData("get_imagee: role:reader", "line 1: there is no rule 'get_imagee', and no other refers to it; did you mean 'get_image'?")]
    [InlineData("# who may\nget_image: role:reader or (role:x", "line 2: the rule 'get_image' does not close the parenthesis of character 16: role:reader or (role:x")]
    [InlineData("default: rule:get_task", "line 1: the rule 'default' refers to itself, by way of others.")]
    public async Task A_policy_file_that_is_wrong_ends_the_start(string text, string message)
    {
        using var folder = new TemporaryDirectory();
        var file = folder.Combine("policy.yaml");
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);

        var start = await Cli.Wrap(Repository.ServerExecutable)
            .WithArguments(["--data", folder.Combine("data"), "--listen", "127.0.0.1:0", $"--Images:PolicyFile={file}"])
            .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(TestContext.Current.CancellationToken);

        Assert.Equal((1, $"{file}, {message}"), (start.ExitCode, start.StandardError.Trim()));
    }
}
