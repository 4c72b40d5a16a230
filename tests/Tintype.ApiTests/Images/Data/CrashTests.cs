using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images.Data;

/// <summary>kill -9 of the server in the middle of uploads, and what the next start makes of it.</summary>
public sealed class CrashTests
{
    private const int Length = 24_000_000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("run", "soak")]
    public async Task After_a_kill_at_any_moment_no_image_lacks_bytes_none_is_saving_and_no_file_is_left_over()
    {
        using var directory = new TemporaryDirectory();
        await using var server = await TintypeServer.StartAsync(directory.Path);
        var random = new Random(20261123);
        var data = UploadTests.Bytes(Length);
        var images = new List<(Guid Id, bool Acknowledged)>();

        var rounds = Soak.Rounds(10);
        for (var moment = 0; moment < rounds; moment++)
        {
            using var client = await ApiClient.SignInAsync(server, "tintype");
            var image = await ImageCall.QueuedAsync(server, client);
            // Half of the kills fall while bytes come, the others on the way from the last byte to the answer, the very last after it.
            var acknowledged = moment % 2 == 0 && moment < rounds - 1
                ? await KillWhileSendingAsync(server, image, data, random.Next(1, Length))
                : await KillAfterLastByteAsync(server, image, data, moment == rounds - 1 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(random.Next(0, 120)));
            images.Add((image.Id, acknowledged));

            await server.StartAgainAsync();
            await AssertInvariantAsync(server, images, data, moment);
        }

        Assert.Contains(images, image => image.Acknowledged);
        Assert.Contains(images, image => !image.Acknowledged);
    }

    private static async Task<bool> KillWhileSendingAsync(TintypeServer server, ImageCall image, byte[] data, int bytes)
    {
        using var connection = await image.BeginUploadAsync(data.Length, Ct);
        await connection.SendAsync(data.AsMemory(0, bytes), Ct);
        await server.KillAsync();
        return false;
    }

    private static async Task<bool> KillAfterLastByteAsync(TintypeServer server, ImageCall image, byte[] data, TimeSpan later)
    {
        using var connection = await image.BeginUploadAsync(data.Length, Ct);
        await connection.SendAsync(data, Ct);
        // The moment is what is tested, so that here it is time that is waited for.
        var answer = connection.ReadHeadAsync(Ct);
        await Task.WhenAny(answer, Task.Delay(later, Ct));
        await server.KillAsync();
        try
        {
            return (await answer).Status == 204;
        }
        catch (Exception broken) when (broken is IOException or System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private static async Task AssertInvariantAsync(TintypeServer server, List<(Guid Id, bool Acknowledged)> images, byte[] data, int moment)
    {
        using var client = await ApiClient.SignInAsync(server, "tintype");
        var active = 0;
        foreach (var (id, acknowledged) in images)
        {
            var shown = (await client.GetAsync($"/image/v2/images/{id}")).Json;
            var status = shown.GetProperty("status").GetString();
            var what = $"kill {moment}, image {id}, acknowledged: {acknowledged}, status: {status}\n{server.Output}";
            // Nothing is left in saving; what was acknowledged is there.
            Assert.True(status == "active" || (status == "queued" && !acknowledged), what);
            if (status == "active")
            {
                active++;
                Assert.Equal(UploadTests.Md5(data), shown.GetProperty("checksum").GetString());
                using var http = new HttpClient { BaseAddress = server.Address, DefaultRequestHeaders = { { "X-Auth-Token", client.Token } } };
                var served = await http.GetByteArrayAsync(new Uri($"/image/v2/images/{id}/file", UriKind.Relative), Ct);
                Assert.True(data.AsSpan().SequenceEqual(served), what);
            }
            else
            {
                Assert.Equal(JsonValueKind.Null, shown.GetProperty("size").ValueKind);
            }
        }

        await StoreDirectory.HoldsAsync(server, active, Ct);
    }
}
