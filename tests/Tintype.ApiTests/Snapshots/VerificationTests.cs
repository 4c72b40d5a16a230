using System.Net;
using System.Text.Json;
using Tintype.ApiTests.Compute;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Snapshots;

/// <summary>Boot &amp; test as far as it goes without a guest: who may ask, for what, and what is said when there is no verdict.</summary>
[Collection(ComputeCollection.Name)]
public sealed class VerificationTests(ComputeServer compute)
{
    private static readonly string[] _parts = ["verification", "verification/console", "verification/screenshot"];

    [Fact]
    public async Task An_image_that_is_not_there_or_not_to_be_seen_is_not_found()
    {
        foreach (var (client, image) in (IEnumerable<(ApiClient, string)>)[(compute.Member, Guid.NewGuid().ToString()), (compute.Other, compute.ImageId)])
        {
            AssertRefused(404, "Not Found", $"No image found with ID {image}.", await client.SendAsync(HttpMethod.Post, Path(image, "verify")));
            foreach (var part in _parts)
                AssertRefused(404, "Not Found", $"No image found with ID {image}.", await client.GetAsync(Path(image, part)));
        }

        AssertRefused(404, "Not Found", "The resource could not be found.", await compute.Member.SendAsync(HttpMethod.Post, Path("no-id", "verify")));
    }

    [Fact]
    public async Task Only_an_active_image_can_be_booted()
    {
        var queued = await QueuedAsync();
        AssertRefused(409, "Conflict", $"Image {queued} is queued; only an active image can be booted.", await compute.Member.SendAsync(HttpMethod.Post, Path(queued, "verify")));

        var locked = await compute.MakeImageAsync("""{"name": "locked", "disk_format": "raw", "container_format": "bare"}""");
        Assert.Equal(HttpStatusCode.NoContent, (await compute.Admin.SendAsync(HttpMethod.Post, $"/image/v2/images/{locked}/actions/deactivate")).Status);
        AssertRefused(409, "Conflict", $"Image {locked} is deactivated; only an active image can be booted.", await compute.Member.SendAsync(HttpMethod.Post, Path(locked, "verify")));
    }

    [Fact]
    public async Task What_was_never_verified_has_no_verdict_and_no_evidence()
    {
        var image = await QueuedAsync();
        foreach (var part in _parts)
        {
            AssertRefused(404, "Not Found", $"Image {image} has not been verified; POST /tintype/v1/images/{image}/verify boots and tests it.",
                await compute.Member.GetAsync(Path(image, part)));
        }
    }

    [Fact]
    public async Task A_reader_looks_and_does_not_boot()
    {
        using var reader = await compute.SignInReaderAsync();

        AssertRefused(403, "Forbidden", "Booting an image takes the role 'member' in your project.",
            await reader.SendAsync(HttpMethod.Post, Path(compute.ImageId, "verify")));
        // Seen, and found to have none.
        Assert.StartsWith($"Image {compute.ImageId} has not been verified", MessageOf(await reader.GetAsync(Path(compute.ImageId, "verification"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_has_not_signed_in_learns_nothing()
    {
        using var nobody = new ApiClient(compute.Server);
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.SendAsync(HttpMethod.Post, Path(compute.ImageId, "verify"))).Status);
        foreach (var part in _parts)
            Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync(Path(compute.ImageId, part))).Status);
    }

    [Theory]
    [InlineData("GET", "verify", "POST")]
    [InlineData("DELETE", "verify", "POST")]
    [InlineData("POST", "verification", "GET")]
    [InlineData("DELETE", "verification", "GET")]
    [InlineData("PUT", "verification/console", "GET")]
    [InlineData("POST", "verification/screenshot", "GET")]
    public async Task Another_method_is_told_which_are_allowed(string method, string part, string allowed)
    {
        var answer = await compute.Member.SendAsync(HttpMethod.Parse(method), Path(compute.ImageId, part));

        AssertRefused(405, "Method Not Allowed", $"The method {method} is not allowed for this resource.", answer);
        Assert.Equal(allowed, answer.Header("Allow"));
    }

    [Fact]
    public async Task A_trial_that_could_not_be_made_is_no_verdict_and_says_why()
    {
        var image = await compute.MakeImageAsync("""{"name": "big", "disk_format": "raw", "container_format": "bare", "visibility": "private", "min_ram": 300}""");
        foreach (var _ in new[] { "once", "and again" })
        {
            var accepted = await compute.Member.SendAsync(HttpMethod.Post, Path(image, "verify"));
            Assert.Equal(HttpStatusCode.Accepted, accepted.Status);
            var id = accepted.Json.GetProperty("task_id").GetString()!;
            Assert.Equal($$"""{"task_id":"{{id}}"}""", accepted.Text);
            var task = default(JsonElement);
            await ComputeServer.UntilAsync(async () =>
                (task = (await compute.Member.GetAsync($"/tintype/v1/tasks/{id}")).Json).GetProperty("status").GetString() is "success" or "failure");

            Assert.Equal(("failure", "verification", image), (Text(task, "status"), Text(task, "kind"), Text(task, "subject_id")));
            Assert.Equal($"There is no room for a guest of 300 MiB to boot image {image} in. Stop a server, or try again once one has ended.", Text(task, "reason"));
            Assert.Equal(HttpStatusCode.NotFound, (await compute.Other.GetAsync($"/tintype/v1/tasks/{id}")).Status);
            Assert.StartsWith($"Image {image} has not been verified", MessageOf(await compute.Member.GetAsync(Path(image, "verification"))), StringComparison.Ordinal);
            Assert.False((await compute.Member.GetAsync($"/image/v2/images/{image}")).Json.TryGetProperty("tintype_verified", out var _));
        }

        Assert.False(Directory.Exists(System.IO.Path.Combine(compute.Server.DataDirectory, "verification", image)));
        // Nothing holds its data any more.
        Assert.Equal(HttpStatusCode.NoContent, (await compute.Member.SendAsync(HttpMethod.Delete, $"/image/v2/images/{image}")).Status);
    }

    private async Task<string> QueuedAsync() =>
        (await compute.Member.SendAsync(HttpMethod.Post, "/image/v2/images", """{"name": "empty", "disk_format": "raw", "container_format": "bare"}""")).Json.GetProperty("id").GetString()!;

    private static string Path(string image, string part) => $"/tintype/v1/images/{image}/{part}";

    private static void AssertRefused(int code, string title, string message, ApiAnswer answer)
    {
        Assert.Equal(code, (int)answer.Status);
        Assert.Equal(JsonText.Canonical($$"""{"error": {"code": {{code}}, "title": "{{title}}", "message": {{JsonSerializer.Serialize(message)}} } }"""), JsonText.Canonical(answer.Text));
    }

    private static string MessageOf(ApiAnswer answer) => answer.Json.GetProperty("error").GetProperty("message").GetString()!;

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
