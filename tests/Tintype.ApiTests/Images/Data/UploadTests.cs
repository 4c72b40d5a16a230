using System.Security.Cryptography;
using System.Text;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images.Data;

/// <summary>PUT …/file: what is taken, what is refused, and that a refusal leaves nothing behind.</summary>
public sealed class UploadTests(ImageDataServer server) : IClassFixture<ImageDataServer>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_upload_makes_the_image_active_with_size_and_hashes()
    {
        var data = Bytes(3_000_003);
        var image = await server.QueuedAsync();

        var (head, body) = await image.UploadAsync(data, Ct);

        Assert.Equal((204, 0), (head.Status, body.Length));
        Assert.DoesNotContain("Content-Type", head.Headers.Keys);
        var shown = await image.ShowAsync();
        Assert.Equal("active", shown.GetProperty("status").GetString());
        Assert.Equal(data.Length, shown.GetProperty("size").GetInt64());
        Assert.Equal(data.Length, shown.GetProperty("virtual_size").GetInt64());
        Assert.Equal(Md5(data), shown.GetProperty("checksum").GetString());
        Assert.Equal("sha512", shown.GetProperty("os_hash_algo").GetString());
        Assert.Equal(Convert.ToHexStringLower(SHA512.HashData(data)), shown.GetProperty("os_hash_value").GetString());
    }

    [Fact]
    public async Task A_chunked_upload_of_unknown_length_is_taken()
    {
        var data = Bytes(1_000_000);
        var image = await server.QueuedAsync();
        using var connection = await image.BeginUploadAsync(-1, Ct);
        for (var at = 0; at < data.Length; at += 77_777)
            await connection.SendChunkAsync(data.AsMemory(at, Math.Min(77_777, data.Length - at)), Ct);
        await connection.EndChunksAsync(Ct);

        Assert.Equal(204, (await connection.ReadHeadAsync(Ct)).Status);
        Assert.Equal(Md5(data), (await image.ShowAsync()).GetProperty("checksum").GetString());
        // The connection is good for another request.
        await connection.SendHeadAsync("GET", image.FilePath, Ct, image.Token);
        Assert.Equal(data, (await connection.ReadAnswerAsync(Ct)).Body);
    }

    [Theory]
    [InlineData("raw")]
    [InlineData("qcow2")]
    public async Task An_image_without_a_byte_is_active_and_downloaded_as_nothing(string format)
    {
        var image = await server.QueuedAsync(format);
        Assert.Equal(204, (await image.UploadAsync([], Ct)).Head.Status);

        var shown = await image.ShowAsync();
        Assert.Equal(("active", 0), (shown.GetProperty("status").GetString(), shown.GetProperty("size").GetInt64()));
        var (head, body) = await image.DownloadAsync(Ct);
        Assert.Equal((200, "0", 0), (head.Status, head.Headers["Content-Length"], body.Length));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData(null)]
    public async Task Another_content_type_is_415_before_anything_else(string? contentType)
    {
        var image = await server.QueuedAsync();
        using var connection = await image.ConnectAsync(Ct);
        await connection.SendHeadAsync("PUT", image.FilePath, Ct,
            [image.Token, "Content-Length: 3", .. contentType is null ? Array.Empty<string>() : [$"Content-Type: {contentType}"]]);
        await connection.SendAsync("abc"u8.ToArray(), Ct);

        var (head, body) = await connection.ReadAnswerAsync(Ct);

        Assert.Equal(415, head.Status);
        Assert.Contains("application/octet-stream", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        Assert.Equal("queued", await image.StatusAsync());
    }

    [Fact]
    public async Task An_active_image_takes_no_second_upload()
    {
        var image = await server.ActiveAsync([1, 2, 3], Ct);
        var (head, body) = await image.UploadAsync([4], Ct);
        Assert.Equal(409, head.Status);
        Assert.Contains("Image status transition from active to saving is not allowed", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], (await image.DownloadAsync(Ct)).Body);
    }

    [Fact]
    public async Task Without_formats_there_is_no_upload()
    {
        var image = await server.QueuedAsync(diskFormat: null);
        var (head, body) = await image.UploadAsync([1], Ct);
        Assert.Equal(400, head.Status);
        Assert.Contains("Properties disk_format, container_format must be set prior to saving data.", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        Assert.Equal("queued", await image.StatusAsync());
    }

    [Fact]
    public async Task Whoever_does_not_own_the_image_cannot_upload_to_it()
    {
        var image = await server.QueuedAsync();
        Assert.Equal(404, await PutAsAsync(server.Two, image));
        Assert.Equal(404, await PutAsAsync(server.One, image, $"/image/v2/images/{Guid.NewGuid()}/file"));
        Assert.Equal(401, await PutAsAsync(new ApiClient(server.Server), image));
        Assert.Equal("queued", await image.StatusAsync());
    }

    [Theory]
    [InlineData("4", 204)]
    [InlineData("5", 400)]
    [InlineData("3", 400)]
    [InlineData("-1", 400)]
    [InlineData("many", 400)]
    public async Task A_promised_size_is_kept_or_the_upload_refused(string promise, int status)
    {
        foreach (var chunked in new[] { false, true })
        {
            var image = await server.QueuedAsync();
            using var connection = await image.BeginUploadAsync(chunked ? -1 : 4, Ct, $"x-openstack-image-size: {promise}");
            if (chunked)
            {
                await connection.SendChunkAsync("data"u8.ToArray(), Ct);
                await connection.EndChunksAsync(Ct);
            }
            else
            {
                await connection.SendAsync("data"u8.ToArray(), Ct);
            }

            var (head, body) = await connection.ReadAnswerAsync(Ct);

            Assert.Equal(status, head.Status);
            Assert.Equal(status == 204 ? "active" : "queued", await image.StatusAsync());
            if (status == 400)
                Assert.Contains(promise, Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_image_beyond_the_cap_is_413_at_once_when_its_length_is_known()
    {
        var image = await server.QueuedAsync();
        using var connection = await image.BeginUploadAsync(ImageDataServer.Cap + 1, Ct);
        // Not a byte of it was sent.
        var (head, body) = await connection.ReadAnswerAsync(Ct);
        Assert.Equal(413, head.Status);
        Assert.Contains($"{ImageDataServer.Cap} bytes", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        Assert.Equal("queued", await image.StatusAsync());
    }

    [Fact]
    public async Task An_image_beyond_the_cap_is_413_once_the_byte_too_many_has_come()
    {
        var before = StoreDirectory.Files(server.Server).Count;
        var image = await server.QueuedAsync();
        using var connection = await image.BeginUploadAsync(-1, Ct);
        var chunk = new byte[1024 * 1024];
        for (var sent = 0L; sent < ImageDataServer.Cap; sent += chunk.Length)
            await connection.SendChunkAsync(chunk, Ct);
        await connection.SendChunkAsync(new byte[1], Ct);
        await connection.EndChunksAsync(Ct);

        Assert.Equal(413, (await connection.ReadHeadAsync(Ct)).Status);
        var shown = await image.ShowAsync();
        Assert.Equal("queued", shown.GetProperty("status").GetString());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, shown.GetProperty("size").ValueKind);
        Assert.Equal(before, StoreDirectory.Files(server.Server).Count);
    }

    [Theory]
    [InlineData("qcow2", "The image is declared as qcow2, but its data is not of this format.")]
    [InlineData("vmdk", "The image is declared as vmdk, but its data is not of this format.")]
    [InlineData("iso", "The image is declared as iso, but its data is not of this format.")]
    [InlineData("vhdx", "The image is declared as vhdx, but its data is not of this format.")]
    public async Task Data_of_another_format_is_415_and_not_kept(string format, string reason)
    {
        var image = await server.QueuedAsync(format);
        var (head, body) = await image.UploadAsync(Bytes(100_000), Ct);
        Assert.Equal(415, head.Status);
        Assert.Contains(reason, Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        Assert.Equal("queued", await image.StatusAsync());
    }

    [Fact]
    public async Task A_qcow2_that_names_a_backing_file_is_415_even_as_raw_and_a_sound_one_is_just_bytes()
    {
        var overlay = new byte[1024];
        new byte[] { 0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 11, 0, 0, 0, 16 }.CopyTo(overlay, 0);
        "/etc/passwd"u8.CopyTo(overlay.AsSpan(512));

        var qcow2 = await server.QueuedAsync("qcow2");
        var (head, body) = await qcow2.UploadAsync(overlay, Ct);
        Assert.Equal(415, head.Status);
        Assert.Contains("Image failed safety checks: it names a backing file", Encoding.UTF8.GetString(body), StringComparison.Ordinal);

        var raw = await server.QueuedAsync();
        (head, body) = await raw.UploadAsync(overlay, Ct);
        Assert.Equal(415, head.Status);
        Assert.Contains("it is declared as raw, but is qcow2, and it names a backing file", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        Assert.Equal("queued", await raw.StatusAsync());

        overlay.AsSpan(8, 8).Clear();
        Assert.Equal(204, (await raw.UploadAsync(overlay, Ct)).Head.Status);
        Assert.Equal(1024, (await raw.ShowAsync()).GetProperty("virtual_size").GetInt64());
    }

    [Fact]
    public async Task A_refused_upload_can_be_tried_again()
    {
        var image = await server.QueuedAsync();
        Assert.Equal(400, (await image.UploadAsync([1, 2], Ct, "x-openstack-image-size: 3")).Head.Status);
        Assert.Equal(204, (await image.UploadAsync([1, 2, 3], Ct, "x-openstack-image-size: 3")).Head.Status);
        Assert.Equal([1, 2, 3], (await image.DownloadAsync(Ct)).Body);
    }

    private static async Task<int> PutAsAsync(ApiClient client, ImageCall image, string? path = null)
    {
        using var connection = await image.ConnectAsync(Ct);
        await connection.SendHeadAsync("PUT", path ?? image.FilePath, Ct,
            [.. client.Token is null ? Array.Empty<string>() : [$"X-Auth-Token: {client.Token}"], "Content-Type: application/octet-stream", "Content-Length: 1"]);
        await connection.SendAsync(new byte[1], Ct);
        return (await connection.ReadHeadAsync(Ct)).Status;
    }

    internal static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

#pragma warning disable CA5351 // MD5 is what Glance calls the checksum.
    internal static string Md5(byte[] data) => Convert.ToHexStringLower(MD5.HashData(data));
#pragma warning restore CA5351
}
