using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Snapshots;

[Collection(SnapshotCollection.Name)]
public sealed class VerificationTests(SnapshotLab lab, ITestOutputHelper output)
{
    private static readonly string[] _parts = ["verification", "verification/console", "verification/screenshot"];

    [Fact]
    public async Task An_image_that_boots_passes_with_its_evidence_and_is_not_changed()
    {
        var cloud = lab.Cloud;
        var before = await cloud.GetAsync($"/image/v2/images/{lab.Image}");
        using var never = await cloud.Http.GetAsync($"/tintype/v1/images/{lab.Image}/verification", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, never.StatusCode);

        var accepted = await cloud.PostAsync($"/tintype/v1/images/{lab.Image}/verify", new JsonObject(), HttpStatusCode.Accepted);
        var busy = await cloud.PostAsync($"/tintype/v1/images/{lab.Image}/verify", new JsonObject(), HttpStatusCode.Conflict);
        Assert.Contains("is being verified already", busy.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        var found = await VerdictAsync(cloud, lab.Image);

        output.WriteLine(found.ToString());
        Assert.Equal("passed", Text(found, "verdict"));
        Assert.Contains(Text(found, "reached"), new[] { "agent", "login prompt" });
        Assert.Equal(accepted.GetProperty("task_id").GetString(), Text(found, "task_id"));
        Assert.InRange(found.GetProperty("seconds_to_verdict").GetDouble(), 0.1, 300);
        Assert.NotEmpty(await cloud.Http.GetStringAsync(Text(found, "console_log"), TestContext.Current.CancellationToken));
        using var screenshot = await cloud.Http.GetAsync(Text(found, "screenshot"), TestContext.Current.CancellationToken);
        Assert.Equal("image/png", screenshot.Content.Headers.ContentType!.MediaType);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], (await screenshot.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken))[..4]);
        var after = await cloud.GetAsync($"/image/v2/images/{lab.Image}");
        Assert.Equal("passed", Text(after, "tintype_verified"));
        var saved = lab.File("verified.raw");
        Assert.Equal(Text(before, "checksum"), await cloud.SaveAsync(lab.Image, saved));
        File.Delete(saved);
        Assert.False(Directory.Exists(Path.Combine(lab.Server.DataDirectory, "verification", lab.Image, "guest")));
    }

    [Fact]
    public async Task An_image_of_zeros_fails_also_when_the_server_is_killed_meanwhile_and_its_evidence_goes_with_it()
    {
        using var folder = new TemporaryDirectory();
        await using var server = await TintypeServer.StartAsync(folder.Combine("data"), "--Snapshots:Verification:BootWithin=00:00:06");
        using var cloud = new Cloud(server, "tintype");
        await cloud.SignInAsync();
        var zeros = folder.Combine("zeros.raw");
        await File.WriteAllBytesAsync(zeros, new byte[1024 * 1024], TestContext.Current.CancellationToken);
        var image = await cloud.UploadAsync(zeros, "raw");

        await cloud.PostAsync($"/tintype/v1/images/{image}/verify", new JsonObject(), HttpStatusCode.Accepted);
        await Cloud.UntilAsync(() => Task.FromResult(TintypeServer.GuestPids(server.DataDirectory)), pids => pids.Count == 1);
        await server.KillAsync();
        await server.StartAgainAsync();
        await cloud.SignInAsync();
        var found = await VerdictAsync(cloud, image);

        output.WriteLine(found.ToString());
        Assert.Equal(("failed", "nothing"), (Text(found, "verdict"), Text(found, "reached")));
        Assert.Contains("within 6 s", Text(found, "reason"), StringComparison.Ordinal);
        Assert.Equal("failed", Text(await cloud.GetAsync($"/image/v2/images/{image}"), "tintype_verified"));
        Assert.Empty(TintypeServer.GuestPids(server.DataDirectory));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(cloud, Text(found, "console_log")));
        using var other = new Cloud(server, "tintype-two");
        await other.SignInAsync();
        foreach (var part in _parts)
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(other, $"/tintype/v1/images/{image}/{part}"));

        using var deleted = await cloud.Http.DeleteAsync($"/image/v2/images/{image}", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        foreach (var part in _parts)
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(cloud, $"/tintype/v1/images/{image}/{part}"));
        await server.StopAsync();
        await server.StartAgainAsync();
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(server.DataDirectory, "verification")));
    }

    private static async Task<HttpStatusCode> StatusAsync(Cloud cloud, string path)
    {
        using var answer = await cloud.Http.GetAsync(path, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    private static Task<JsonElement> VerdictAsync(Cloud cloud, string image) =>
        Cloud.UntilAsync(() => cloud.GetAsync($"/tintype/v1/images/{image}/verification"), v => Text(v, "verdict") != "running");

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
