using Tintype.ApiTests.Images.Data;
using Tintype.ApiTests.Images.Import;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Caching;

/// <summary>kill -9 of the server while images come into the cache.</summary>
public sealed class CacheCrashTests
{
    private const int Length = 30_000_000;

    [Fact]
    [Trait("run", "soak")]
    public async Task After_a_kill_at_any_moment_the_cache_has_whole_images_and_nothing_else()
    {
        using var folder = new TemporaryDirectory();
        await using var web = new WebOrigin();
        await using var server = await TintypeServer.StartAsync(folder.Combine("data"), "--Images:Stores:first:Driver=local", "--Images:Stores:web:Driver=http",
            "--Images:Cache:Path=cache", "--Images:Cache:QueueDelay=00:00:00",
            "--Images:WebDownload:AllowedNetworks:0=127.0.0.1/32", $"--Images:WebDownload:AllowedPorts:0={web.Port}");
        var random = new Random(20261126);
        var images = new List<(string Id, byte[] Data)>();
        for (var round = 0; round < Soak.Rounds(3); round++)
        {
            using (var client = await ApiClient.SignInAsync(server, "tintype"))
            {
                var data = UploadTests.Bytes(Length + round);
                web.Give($"/{round}", data);
                images.Add((await FarImageAsync(client, web.Url($"/{round}")), data));
                // One comes in while it is read, one because an administrator wished it.
                using var admin = await ApiClient.SignInAsync(server, "tintype-admin");
                if (round > 0)
                    await SendAsync(admin, "PUT", $"/image/v2/cache/{images[round - 1].Id}");
                var reading = ReadAsync(client, images[round].Id);
                // The moment is what is tested, so that here it is time that is waited for.
                await Task.Delay(random.Next(0, 500), TestContext.Current.CancellationToken);
                await server.KillAsync();
                await reading;
            }

            await server.StartAgainAsync();
            using var again = await ApiClient.SignInAsync(server, "tintype");
            await AssertWholeAsync(server, images, round);
            var served = await ReadAsync(again, images[round].Id);
            Assert.True(images[round].Data.AsSpan().SequenceEqual(served), $"kill {round}\n{server.Output}");
        }
    }

    private static async Task<string> FarImageAsync(ApiClient client, string url)
    {
        var id = await CreateAsync(client, """{"disk_format": "raw", "container_format": "bare"}""");
        Assert.Equal(202, (int)(await SendAsync(client, "POST", $"{Root}/{id}/locations", $$"""{"url": "{{url}}"}""")).Status);
        Assert.Equal("active", (await ImportServer.SettledAsync(client, id)).Json.GetProperty("status").GetString());
        return id;
    }

    private static async Task<byte[]?> ReadAsync(ApiClient client, string id)
    {
        try
        {
            return await client.BytesAsync($"{Root}/{id}/file");
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Right after a start: no file but those of images that the cache says it has, each of its length. What is being fetched again is not there yet.</summary>
    private static async Task AssertWholeAsync(TintypeServer server, List<(string Id, byte[] Data)> images, int round)
    {
        using var admin = await ApiClient.SignInAsync(server, "tintype-admin");
        var cached = (await SendAsync(admin, "GET", "/image/v2/cache")).Json.GetProperty("cached_images").EnumerateArray()
            .ToDictionary(entry => entry.GetProperty("image_id").GetString()!, entry => entry.GetProperty("size").GetInt64());
        Assert.All(cached, entry => Assert.Equal(images.Single(image => image.Id == entry.Key).Data.Length, entry.Value));
        var files = new DirectoryInfo(Path.Combine(server.DataDirectory, "cache")).GetFiles().Where(file => file.Name != "store-format" && file.Extension != ".part").ToList();
        // One may just have been fetched, after the list was made.
        Assert.True(files.Count >= cached.Count && files.All(file => images.Any(image => image.Data.Length == file.Length)),
            $"kill {round}: {string.Join(", ", cached)}; {string.Join(", ", files.Select(file => $"{file.Name} {file.Length}"))}\n{server.Output}");
        foreach (var (id, data) in images.Where(image => cached.ContainsKey(image.Id)))
        {
            var served = await ReadAsync(admin, id);
            Assert.True(data.AsSpan().SequenceEqual(served), $"kill {round}, image {id}\n{server.Output}");
        }
    }
}
