using System.Security.Cryptography;
using Tintype.ApiTests.Images.Data;
using Tintype.ApiTests.Images.Import;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Locations;

/// <summary>kill -9 of the server while the data under added locations is read.</summary>
public sealed class LocationCrashTests
{
    [Fact]
    [Trait("run", "soak")]
    public async Task After_a_kill_at_any_moment_a_location_that_was_taken_is_judged_to_the_end()
    {
        using var folder = new TemporaryDirectory();
        await using var web = new WebOrigin();
        var data = UploadTests.Bytes(20_000_000);
        web.Give("/disk", data);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(data));
        await using var server = await TintypeServer.StartAsync(folder.Combine("data"), "--Images:Stores:first:Driver=local", "--Images:Stores:web:Driver=http",
            "--Images:WebDownload:AllowedNetworks:0=127.0.0.1/32", $"--Images:WebDownload:AllowedPorts:0={web.Port}");
        var random = new Random(20261125);
        for (var round = 0; round < Soak.Rounds(3); round++)
        {
            // Of the first nothing is said, the second is what it is said to be, and the third is not.
            var images = new List<(string Id, bool Taken, string? Said)>();
            using (var client = await ApiClient.SignInAsync(server, "tintype"))
            {
                foreach (var said in new[] { null, sha256, new string('0', 64) })
                    images.Add((await ImagesApi.CreateAsync(client, """{"disk_format": "raw", "container_format": "bare"}"""), false, said));
                // The moment is what is tested, so that here it is time that is waited for.
                var kill = Task.Delay(random.Next(0, 400), TestContext.Current.CancellationToken).ContinueWith(_ => server.KillAsync(), TaskScheduler.Default).Unwrap();
                for (var i = 0; i < images.Count; i++)
                    images[i] = images[i] with { Taken = await AddAsync(client, images[i].Id, web.Url("/disk"), images[i].Said) };
                await kill;
            }

            await server.StartAgainAsync();
            using var again = await ApiClient.SignInAsync(server, "tintype");
            foreach (var (id, taken, said) in images)
                await AssertJudgedAsync(server, again, id, taken, said, data.Length, sha256);
        }
    }

    private static async Task<bool> AddAsync(ApiClient client, string id, string url, string? said)
    {
        var validation = said is null ? "" : $$""", "validation_data": {"os_hash_algo": "sha256", "os_hash_value": "{{said}}"}""";
        try
        {
            return (int)(await SendAsync(client, "POST", $"{Root}/{id}/locations", $$"""{"url": "{{url}}"{{validation}} }""")).Status == 202;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task AssertJudgedAsync(TintypeServer server, ApiClient client, string id, bool taken, string? said, long size, string sha256)
    {
        var image = (await ImportServer.SettledAsync(client, id)).Json;
        var status = image.GetProperty("status").GetString();
        var what = $"taken: {taken}, said: {said}, {image}\n{server.Output}";
        if (said == new string('0', 64) || (!taken && status == "queued"))
        {
            Assert.True(status == "queued" && image.GetProperty("size").ValueKind == System.Text.Json.JsonValueKind.Null, what);
            return;
        }

        Assert.True(status == "active" && image.GetProperty("size").GetInt64() == size, what);
        if (said is not null)
            Assert.True(image.GetProperty("os_hash_value").GetString() == sha256, what);
        else
            Assert.True(image.GetProperty("os_hash_algo").GetString() == "sha512", what);
        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(await client.BytesAsync($"{Root}/{id}/file"))));
    }
}
