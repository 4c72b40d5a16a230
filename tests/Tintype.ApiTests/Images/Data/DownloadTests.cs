using System.Text;
using Xunit;

namespace Tintype.ApiTests.Images.Data;

/// <summary>GET …/file: the whole, a part, or a refusal.</summary>
public sealed class DownloadTests(ImageDataServer server) : IClassFixture<ImageDataServer>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_whole_image_comes_with_length_and_checksum()
    {
        var data = UploadTests.Bytes(5_000_003);
        var image = await server.ActiveAsync(data, Ct);

        var (head, body) = await image.DownloadAsync(Ct);

        Assert.Equal(200, head.Status);
        Assert.Equal("5000003", head.Headers["Content-Length"]);
        Assert.Equal("application/octet-stream", head.Headers["Content-Type"]);
        Assert.Equal(UploadTests.Md5(data), head.Headers["Content-MD5"]);
        Assert.False(head.Headers.ContainsKey("Content-Range"));
        Assert.Equal(data, body);
    }

    [Theory]
    [InlineData("Range: bytes=0-0", 0, 1)]
    [InlineData("Range: bytes=262143-262144", 262_143, 2)]
    [InlineData("Range: bytes=999990-", 999_990, 10)]
    [InlineData("Range: bytes=-7", 999_993, 7)]
    [InlineData("Range: bytes=5-99999999", 5, 999_995)]
    [InlineData("Content-Range: bytes 100-199/1000000", 100, 100)]
    [InlineData("Content-Range: bytes 100-199/*", 100, 100)]
    public async Task A_part_comes_with_its_place_and_the_checksum_of_the_whole(string header, int offset, int length)
    {
        var data = UploadTests.Bytes(1_000_000);
        var image = await server.ActiveAsync(data, Ct);

        var (head, body) = await image.DownloadAsync(Ct, header);

        Assert.Equal(206, head.Status);
        Assert.Equal($"bytes {offset}-{offset + length - 1}/1000000", head.Headers["Content-Range"]);
        Assert.Equal(UploadTests.Md5(data), head.Headers["Content-MD5"]);
        Assert.Equal(data[offset..(offset + length)], body);
    }

    [Theory]
    [InlineData("Range: bytes=1000-", 416)]
    [InlineData("Range: bytes=9-3", 416)]
    [InlineData("Range: lines=1-2", 416)]
    [InlineData("Content-Range: bytes 5-1000/*", 416)]
    [InlineData("Range: bytes=0-1,3-4", 400)]
    public async Task A_range_that_cannot_be_served_is_refused(string header, int status)
    {
        var image = await server.ActiveAsync(UploadTests.Bytes(1000), Ct);
        var (head, _) = await image.DownloadAsync(Ct, header);
        Assert.Equal(status, head.Status);
        if (status == 416)
            Assert.Equal("bytes */1000", head.Headers["Content-Range"]);
    }

    [Fact]
    public async Task An_image_without_data_is_204()
    {
        var image = await server.QueuedAsync();
        var (head, body) = await image.DownloadAsync(Ct);
        Assert.Equal((204, 0), (head.Status, body.Length));
    }

    [Fact]
    public async Task Head_is_405_and_names_what_is_allowed()
    {
        var image = await server.ActiveAsync([1], Ct);
        var answer = await server.One.SendAsync(HttpMethod.Head, image.FilePath);
        Assert.Equal(405, (int)answer.Status);
        Assert.Equal("GET, PUT", answer.Header("Allow"));
    }

    [Fact]
    public async Task A_download_with_a_body_is_400()
    {
        var image = await server.ActiveAsync([1], Ct);
        using var connection = await image.ConnectAsync(Ct);
        await connection.SendHeadAsync("GET", image.FilePath, Ct, image.Token, "Content-Length: 2");
        await connection.SendAsync("{}"u8.ToArray(), Ct);
        var (head, body) = await connection.ReadAnswerAsync(Ct);
        Assert.Equal(400, head.Status);
        Assert.Contains("A body is not expected with this request.", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_not_see_the_image_does_not_find_its_data()
    {
        var image = await server.ActiveAsync([1], Ct);
        Assert.Equal(404, (int)(await server.Two.GetAsync(image.FilePath)).Status);
        Assert.Equal(200, (int)(await server.Admin.GetAsync(image.FilePath)).Status);
        Assert.Equal(404, (int)(await server.One.GetAsync($"/image/v2/images/{Guid.NewGuid()}/file")).Status);
    }

    [Fact]
    public async Task A_mere_reader_sees_the_image_and_may_not_have_its_data()
    {
        var image = await server.ActiveAsync([1], Ct);
        using var reader = await server.SignInReaderAsync();

        Assert.Equal(200, (int)(await reader.GetAsync(image.Path)).Status);
        var refusal = await reader.GetAsync(image.FilePath);
        Assert.Equal(403, (int)refusal.Status);
        Assert.Contains("You are not authorized to complete download_image action.", refusal.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deactivated_image_is_403_but_for_an_administrator()
    {
        var image = await server.ActiveAsync([1], Ct);
        Assert.Equal(204, (int)(await server.Admin.SendAsync(HttpMethod.Post, image.Path + "/actions/deactivate")).Status);

        Assert.Equal(403, (int)(await server.One.GetAsync(image.FilePath)).Status);
        Assert.Equal(200, (int)(await server.Admin.GetAsync(image.FilePath)).Status);
    }

    [Fact]
    public async Task Downloads_follow_each_other_on_one_connection_whole_and_in_order()
    {
        var data = UploadTests.Bytes(3_000_001);
        var image = await server.ActiveAsync(data, Ct);
        using var connection = await image.ConnectAsync(Ct);
        // All are asked for before the first is answered.
        await connection.SendHeadAsync("GET", image.FilePath, Ct, image.Token);
        await connection.SendHeadAsync("GET", image.FilePath, Ct, image.Token, "Range: bytes=1000000-");
        await connection.SendHeadAsync("GET", $"{image.Path}0", Ct, image.Token);
        await connection.SendHeadAsync("GET", image.FilePath, Ct, image.Token, "Range: bytes=-1");

        Assert.Equal(data, (await connection.ReadAnswerAsync(Ct)).Body);
        Assert.Equal(data[1_000_000..], (await connection.ReadAnswerAsync(Ct)).Body);
        Assert.Equal(404, (await connection.ReadAnswerAsync(Ct)).Head.Status);
        Assert.Equal(data[^1..], (await connection.ReadAnswerAsync(Ct)).Body);
    }

    [Fact]
    public async Task An_old_client_gets_the_same_bytes()
    {
        var data = UploadTests.Bytes(1_000_001);
        var image = await server.ActiveAsync(data, Ct);
        using var connection = await image.ConnectAsync(Ct);
        await connection.SendAsync(Encoding.ASCII.GetBytes($"GET {image.FilePath} HTTP/1.0\r\nHost: tintype\r\n{image.Token}\r\n\r\n"), Ct);

        Assert.Equal(data, (await connection.ReadAnswerAsync(Ct)).Body);
    }

    [Fact]
    public async Task A_client_that_leaves_early_is_no_error_of_ours()
    {
        var image = await server.ActiveAsync(UploadTests.Bytes(60_000_000), Ct);
        var connection = await image.ConnectAsync(Ct);
        await connection.SendHeadAsync("GET", image.FilePath, Ct, image.Token);
        Assert.Equal(200, (await connection.ReadHeadAsync(Ct)).Status);
        await connection.ReadPieceAsync(Ct);
        connection.Reset();

        // The server is well, and says nothing of an unforeseen failure.
        Assert.Equal(206, (await image.DownloadAsync(Ct, "Range: bytes=0-0")).Head.Status);
        Assert.DoesNotContain($"GET {image.FilePath} failed", server.Server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_download_that_has_begun_ends_well_although_the_image_is_deleted()
    {
        var data = UploadTests.Bytes(40_000_000);
        var image = await server.ActiveAsync(data, Ct);
        using var connection = await image.ConnectAsync(Ct);
        await connection.SendHeadAsync("GET", image.FilePath, Ct, image.Token);
        var head = await connection.ReadHeadAsync(Ct);
        Assert.Equal(204, (int)(await server.One.SendAsync(HttpMethod.Delete, image.Path)).Status);

        using var received = new MemoryStream();
        while (received.Length < data.Length)
            received.Write((await connection.ReadPieceAsync(Ct)).Span);

        Assert.Equal(("40000000", true), (head.Headers["Content-Length"], data.AsSpan().SequenceEqual(received.ToArray())));
        Assert.Equal(404, (await image.DownloadAsync(Ct)).Head.Status);
    }
}
