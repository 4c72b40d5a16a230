using Tintype.ApiTests.Images.Data;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images.Uploads;

/// <summary>kill -9 of the server in the middle of resumable uploads, and how they go on; uploads that nobody goes on with.</summary>
public sealed class UploadCrashTests
{
    private const int Length = 12_000_000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("run", "soak")]
    public async Task After_kills_an_upload_goes_on_from_what_was_durable_with_its_room_still_reserved()
    {
        using var directory = new TemporaryDirectory();
        // Progress is noted often, so that small data has some to lose and some to keep.
        await using var server = await TintypeServer.StartAsync(directory.Path, "--Images:Uploads:CheckpointBytes=1048576", "--Images:Quotas:Default:image_size_total=13");
        var random = new Random(20261124);
        var data = UploadTests.Bytes(Length);
        // Ends in zeros, which the file leaves out.
        data.AsSpan(Length - 3_000_000).Clear();

        for (var round = 0; round < Soak.Rounds(3); round++)
        {
            var (image, path) = await BeginAsync(server);
            long durable = 0;
            for (var kill = 0; kill < 3; kill++)
            {
                using var client = await ApiClient.SignInAsync(server, "tintype");
                using var tus = new TusCall(server, client);
                if (kill == 1)
                {
                    // What was answered is there, whatever comes.
                    var end = (int)Math.Min(Length - 1, durable + 500_000);
                    Assert.Equal(204, (int)(await tus.PatchAsync(path, durable, data[(int)durable..end])).Status);
                    durable = end;
                }

                var sent = random.Next((int)durable, Length);
                using (var connection = await RawConnection.OpenAsync(server.Address, Ct))
                {
                    await connection.SendHeadAsync("PATCH", path, Ct, $"X-Auth-Token: {client.Token}", "Tus-Resumable: 1.0.0",
                        $"Content-Type: {TusCall.OffsetStream}", $"Upload-Offset: {durable}", $"Content-Length: {Length - durable}");
                    await connection.SendAsync(data.AsMemory((int)durable..sent), Ct);
                    await server.KillAsync();
                }

                await server.StartAgainAsync();
                durable = await AssertWaitingAsync(server, image, path, durable, sent);
            }

            await FinishAsync(server, image, path, durable, data);
        }
    }

    [Fact]
    public async Task An_upload_without_progress_expires_and_its_image_is_queued_again()
    {
        using var directory = new TemporaryDirectory();
        await using var server = await TintypeServer.StartAsync(directory.Path, "--Images:Uploads:Lifetime=00:00:02", "--Images:Uploads:SweepInterval=00:00:01");
        using var client = await ApiClient.SignInAsync(server, "tintype");
        using var tus = new TusCall(server, client);
        var image = await ImageCall.QueuedAsync(server, client);
        var path = await tus.CreateAsync(image.Id, 1000);
        Assert.Equal(204, (int)(await tus.PatchAsync(path, 0, new byte[500])).Status);
        await image.BecomesAsync("queued", Ct);
        Assert.Equal(404, (int)(await tus.SendAsync("HEAD", path, null)).Status);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (Directory.EnumerateFiles(Path.Combine(directory.Path, "uploads")).Any())
            await Task.Delay(20, limit.Token);
    }

    private static async Task<(Guid Image, string Path)> BeginAsync(TintypeServer server)
    {
        using var client = await ApiClient.SignInAsync(server, "tintype");
        using var tus = new TusCall(server, client);
        var image = await ImageCall.QueuedAsync(server, client);
        return (image.Id, await tus.CreateAsync(image.Id, Length));
    }

    private static async Task<long> AssertWaitingAsync(TintypeServer server, Guid image, string path, long before, long sent)
    {
        using var client = await ApiClient.SignInAsync(server, "tintype");
        using var tus = new TusCall(server, client);
        var offset = await tus.OffsetAsync(path);
        Assert.InRange(offset, before, sent);
        Assert.Equal("uploading", (await client.GetAsync($"{ImagesApi.Root}/{image}")).Json.GetProperty("status").GetString());
        var usage = (await client.GetAsync("/image/v2/info/usage")).Json.GetProperty("usage").GetProperty("image_size_total").GetProperty("usage").GetInt64();
        Assert.Equal(Length / 1024 / 1024, usage);
        return offset;
    }

    private static async Task FinishAsync(TintypeServer server, Guid image, string path, long durable, byte[] data)
    {
        using var client = await ApiClient.SignInAsync(server, "tintype");
        using var tus = new TusCall(server, client);
        var answer = await tus.PatchAsync(path, durable, data[(int)durable..]);
        Assert.True((int)answer.Status == 204, answer.Text + server.Output);
        var shown = (await client.GetAsync($"{ImagesApi.Root}/{image}")).Json;
        Assert.Equal(("active", UploadTests.Md5(data)), (shown.GetProperty("status").GetString(), shown.GetProperty("checksum").GetString()));
        var served = await client.BytesAsync($"{ImagesApi.Root}/{image}/file");
        Assert.True(data.AsSpan().SequenceEqual(served));
        // The next round needs the room, and nothing of this one may be left.
        Assert.Equal(204, (int)(await client.SendAsync(HttpMethod.Delete, $"{ImagesApi.Root}/{image}")).Status);
        await StoreDirectory.HoldsAsync(server, 0, Ct);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(server.DataDirectory, "uploads")));
    }
}
