using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images.Data;

/// <summary>Clients that fall silent in the middle of an upload, and do not go either.</summary>
public sealed class StalledUploadTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task They_are_given_up_and_their_images_can_be_tried_again()
    {
        using var data = new TemporaryDirectory();
        await using var server = await TintypeServer.StartAsync(data.Combine("data"), "--Images:ClientIdleTimeout=00:00:02");
        using var client = await ApiClient.SignInAsync(server, "tintype");

        foreach (var (where, how) in new[] { ("file", "Content-Length: 100"), ("file", "Transfer-Encoding: chunked"), ("stage", "Content-Length: 100") })
        {
            var image = await ImageCall.QueuedAsync(server, client);
            using var connection = await image.ConnectAsync(Ct);
            await connection.SendHeadAsync("PUT", $"{image.Path}/{where}", Ct, image.Token, "Accept: application/json", "Content-Type: application/octet-stream", how);
            await connection.SendAsync("5\r\nhello\r\n"u8.ToArray(), Ct);

            var (head, body) = await connection.ReadAnswerAsync(Ct);

            Assert.Equal(408, head.Status);
            Assert.Contains("Nothing has come for 2 s after ", JsonDocument.Parse(body).RootElement.GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.Equal("queued", await image.StatusAsync());
            Assert.Equal(204, (await image.UploadAsync([1, 2, 3], Ct)).Head.Status);
        }

        await StoreDirectory.HoldsAsync(server, 3, Ct);
        Assert.DoesNotContain(Directory.EnumerateFiles(Path.Combine(server.DataDirectory, "staging")), f => !f.EndsWith("store-format", StringComparison.Ordinal));
    }
}
