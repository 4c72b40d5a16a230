using System.Security.Cryptography;
using System.Text.Json;
using Tintype.ApiTests.Images.Data;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images.Uploads;

/// <summary>The tus protocol on a server with a small cap on images.</summary>
public sealed class UploadProtocolTests(ImageDataServer server) : IClassFixture<ImageDataServer>, IDisposable
{
    private const int Length = 3_000_000;

    private readonly TusCall _tus = new(server.Server, server.One);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pieces_become_what_one_upload_would_have_become_and_the_image_is_active_with_the_last_answer()
    {
        var data = UploadTests.Bytes(Length);
        var image = await server.QueuedAsync();
        var created = await _tus.SendAsync("POST", TusCall.Root, null, $"Upload-Length: {Length}", $"Upload-Metadata: {TusCall.Metadata(image.Id, "local")}");
        Assert.Equal((201, "1.0.0", "0"), ((int)created.Status, created.Header("Tus-Resumable"), created.Header("Upload-Offset")));
        var path = new Uri(created.Header("Location")!).AbsolutePath;
        Assert.StartsWith($"{server.Server.Address}tintype/v1/uploads/", created.Header("Location"), StringComparison.Ordinal);
        Assert.Equal("uploading", await image.StatusAsync());

        var first = await _tus.PatchAsync(path, 0, data[..1_000_000]);
        Assert.Equal((204, "1000000", "1.0.0"), ((int)first.Status, first.Header("Upload-Offset"), first.Header("Tus-Resumable")));
        Assert.True(DateTimeOffset.Parse(first.Header("Upload-Expires")!, System.Globalization.CultureInfo.InvariantCulture) > DateTimeOffset.UtcNow.AddHours(23));
        var head = await _tus.SendAsync("HEAD", path, null);
        Assert.Equal((200, "1000000", $"{Length}", TusCall.Metadata(image.Id, "local"), "no-store"),
            ((int)head.Status, head.Header("Upload-Offset"), head.Header("Upload-Length"), head.Header("Upload-Metadata"), head.Header("Cache-Control")));

        var last = await _tus.PatchAsync(path, 1_000_000, data[1_000_000..]);
        Assert.Equal((204, $"{Length}"), ((int)last.Status, last.Header("Upload-Offset")));
        await AssertActiveAsync(image, data);
        // Whoever missed the last answer finds out.
        Assert.Equal(Length, await _tus.OffsetAsync(path));
        Assert.Equal(204, (int)(await _tus.PatchAsync(path, Length, [])).Status);
        Assert.False(File.Exists(FileOf(path)));
        Assert.Equal(204, (int)(await _tus.SendAsync("DELETE", path, null)).Status);
        Assert.Equal("active", await image.StatusAsync());
    }

    [Fact]
    public async Task Options_say_what_is_offered_to_anybody()
    {
        var answer = await _tus.SendAsync("OPTIONS", TusCall.Root, null, "Tus-Resumable:", "X-Auth-Token:");
        Assert.Equal((204, "1.0.0", "1.0.0", "creation,creation-with-upload,checksum,termination,expiration", "sha1,md5,sha256,sha512,crc32", $"{ImageDataServer.Cap}"),
            ((int)answer.Status, answer.Header("Tus-Resumable"), answer.Header("Tus-Version"), answer.Header("Tus-Extension"),
                answer.Header("Tus-Checksum-Algorithm"), answer.Header("Tus-Max-Size")));
    }

    [Fact]
    public async Task The_first_piece_may_come_with_the_creation_and_an_empty_image_is_active_at_once()
    {
        var data = UploadTests.Bytes(1000);
        var image = await server.QueuedAsync();
        var created = await _tus.SendAsync("POST", TusCall.Root, data[..600], "Upload-Length: 1000", $"Upload-Metadata: {TusCall.Metadata(image.Id)}");
        Assert.Equal((201, "600"), ((int)created.Status, created.Header("Upload-Offset")));
        // Behind a proxy that knows no PATCH.
        var last = await _tus.SendAsync("POST", new Uri(created.Header("Location")!).AbsolutePath, data[600..], "Upload-Offset: 600", "X-HTTP-Method-Override: PATCH");
        Assert.Equal(204, (int)last.Status);
        await AssertActiveAsync(image, data);

        var empty = await server.QueuedAsync();
        Assert.Equal(0, await _tus.OffsetAsync(await _tus.CreateAsync(empty.Id, 0)));
        await AssertActiveAsync(empty, []);
    }

    [Theory]
    [InlineData("sha1")]
    [InlineData("md5")]
    [InlineData("sha256")]
    [InlineData("sha512")]
    [InlineData("crc32")]
    public async Task Of_a_piece_with_another_checksum_nothing_is_kept(string algorithm)
    {
        var data = UploadTests.Bytes(700_000);
        var image = await server.QueuedAsync();
        var path = await _tus.CreateAsync(image.Id, data.Length);
        string Sum(byte[] bytes) => Convert.ToBase64String(algorithm == "crc32" ? Crc32(bytes) : CryptographicOperations.HashData(new HashAlgorithmName(algorithm.ToUpperInvariant()), bytes));
        Assert.Equal(204, (int)(await _tus.PatchAsync(path, 0, data[..300_000], $"Upload-Checksum: {algorithm} {Sum(data[..300_000])}")).Status);

        var refused = await _tus.PatchAsync(path, 300_000, data[300_000..], $"Upload-Checksum: {algorithm} {Sum(data)}");
        Assert.Equal(460, (int)refused.Status);
        Assert.Contains("nothing of this request is kept", refused.Text, StringComparison.Ordinal);
        Assert.Equal(300_000, await _tus.OffsetAsync(path));

        Assert.Equal(204, (int)(await _tus.PatchAsync(path, 300_000, data[300_000..], $"Upload-Checksum: {algorithm} {Sum(data[300_000..])}")).Status);
        await AssertActiveAsync(image, data);
    }

    [Fact]
    public async Task A_piece_that_breaks_off_is_kept_as_far_as_it_came_while_another_request_has_to_wait()
    {
        var data = UploadTests.Bytes(Length);
        var image = await server.QueuedAsync();
        var path = await _tus.CreateAsync(image.Id, Length);
        using (var connection = await image.ConnectAsync(Ct))
        {
            await connection.SendHeadAsync("PATCH", path, Ct, image.Token, "Tus-Resumable: 1.0.0", $"Content-Type: {TusCall.OffsetStream}", "Upload-Offset: 0", $"Content-Length: {Length}");
            await connection.SendAsync(data.AsMemory(0, 1_234_567), Ct);
            Assert.Equal(423, (int)(await UntilBusyAsync(path)).Status);
            // Written in blocks of 256 KiB; what the server has received but not yet read may be lost with the connection.
            await WrittenAsync(path, 4 * 256 * 1024);
            connection.CloseSending();
        }

        var offset = await KeptAsync(path);
        Assert.InRange(offset, 4 * 256 * 1024, 1_234_567);
        // The turn ends a moment after the offset is noted.
        Assert.Equal(409, (int)(await UntilFreeAsync(path)).Status);
        Assert.Equal(204, (int)(await _tus.PatchAsync(path, offset, data[(int)offset..])).Status);
        await AssertActiveAsync(image, data);
    }

    [Fact]
    public async Task Data_that_an_upload_in_one_go_would_be_refused_for_is_refused_here_and_the_image_is_queued_again()
    {
        var image = await server.QueuedAsync("qcow2");
        var path = await _tus.CreateAsync(image.Id, 100_000);
        Assert.Equal(204, (int)(await _tus.PatchAsync(path, 0, new byte[50_000])).Status);
        var refused = await _tus.PatchAsync(path, 50_000, new byte[50_000]);
        Assert.Equal(415, (int)refused.Status);
        Assert.Contains("declared as qcow2", refused.Text, StringComparison.Ordinal);
        Assert.Equal("queued", await image.StatusAsync());
        Assert.Equal(404, (int)(await _tus.SendAsync("HEAD", path, null)).Status);
        Assert.False(File.Exists(FileOf(path)));
    }

    [Fact]
    public async Task Terminated_or_without_its_image_an_upload_is_gone()
    {
        var image = await server.QueuedAsync();
        var path = await _tus.CreateAsync(image.Id, 1000);
        await _tus.PatchAsync(path, 0, new byte[500]);
        Assert.Equal(204, (int)(await _tus.SendAsync("DELETE", path, null)).Status);
        Assert.Equal(404, (int)(await _tus.SendAsync("HEAD", path, null)).Status);
        Assert.Equal(("queued", JsonValueKind.Null), (await image.StatusAsync(), (await image.ShowAsync()).GetProperty("size").ValueKind));
        Assert.False(File.Exists(FileOf(path)));

        var again = await _tus.CreateAsync(image.Id, 1000);
        await _tus.PatchAsync(again, 0, new byte[500]);
        Assert.Equal(204, (int)(await server.One.SendAsync(HttpMethod.Delete, image.Path)).Status);
        Assert.Equal(404, (int)(await _tus.PatchAsync(again, 500, new byte[500])).Status);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (File.Exists(FileOf(again)))
            await Task.Delay(20, limit.Token);
    }

    [Fact]
    public async Task Others_find_no_upload_and_readers_may_not_bring_data()
    {
        var image = await server.QueuedAsync();
        var path = await _tus.CreateAsync(image.Id, 1000);
        using var two = new TusCall(server.Server, server.Two);
        foreach (var method in new[] { "HEAD", "PATCH", "DELETE" })
            Assert.Equal(404, (int)(await two.SendAsync(method, path, method == "PATCH" ? [1] : null, "Upload-Offset: 0")).Status);
        Assert.Equal(404, (int)(await two.SendAsync("POST", TusCall.Root, null, "Upload-Length: 1", $"Upload-Metadata: {TusCall.Metadata(image.Id)}")).Status);
        using var reader = await server.SignInReaderAsync();
        using var reading = new TusCall(server.Server, reader);
        Assert.Equal(403, (int)(await reading.PatchAsync(path, 0, [1])).Status);
        Assert.Equal(0, await _tus.OffsetAsync(path));
    }

    [Fact]
    public async Task Requests_that_are_wrong_are_refused_with_a_sentence_and_change_nothing()
    {
        var image = await server.QueuedAsync();
        var metadata = $"Upload-Metadata: {TusCall.Metadata(image.Id)}";
        await RefusedAsync(412, "Tus-Resumable is '0.2.2'", "POST", TusCall.Root, null, "Tus-Resumable: 0.2.2", "Upload-Length: 1", metadata);
        await RefusedAsync(412, "Tus-Resumable is missing", "POST", TusCall.Root, null, "Tus-Resumable:", "Upload-Length: 1", metadata);
        await RefusedAsync(401, "requires authentication", "POST", TusCall.Root, null, "X-Auth-Token:", "Upload-Length: 1", metadata);
        await RefusedAsync(400, "Upload-Length is missing", "POST", TusCall.Root, null, "Upload-Defer-Length: 1", metadata);
        await RefusedAsync(400, "Upload-Length is '-1'", "POST", TusCall.Root, null, "Upload-Length: -1", metadata);
        await RefusedAsync(400, "Upload-Concat", "POST", TusCall.Root, null, "Upload-Concat: partial", "Upload-Length: 1", metadata);
        await RefusedAsync(400, "must have image_id", "POST", TusCall.Root, null, "Upload-Length: 1");
        await RefusedAsync(400, "which is no image's id", "POST", TusCall.Root, null, "Upload-Length: 1", $"Upload-Metadata: image_id {TusCall.Base64("../x")}");
        await RefusedAsync(400, "twice", "POST", TusCall.Root, null, "Upload-Length: 1", $"{metadata},image_id");
        await RefusedAsync(400, "not base64", "POST", TusCall.Root, null, "Upload-Length: 1", "Upload-Metadata: image_id %%%");
        await RefusedAsync(400, "There is no store 'attic'", "POST", TusCall.Root, null, "Upload-Length: 1", $"Upload-Metadata: {TusCall.Metadata(image.Id, "attic")}");
        await RefusedAsync(404, "No image found", "POST", TusCall.Root, null, "Upload-Length: 1", $"Upload-Metadata: {TusCall.Metadata(Guid.NewGuid())}");
        await RefusedAsync(413, $"{ImageDataServer.Cap}", "POST", TusCall.Root, null, $"Upload-Length: {ImageDataServer.Cap + 1}", metadata);
        await RefusedAsync(415, "application/offset+octet-stream", "POST", TusCall.Root, [1], "Content-Type: text/plain", "Upload-Length: 1", metadata);
        var formless = await server.QueuedAsync(null);
        await RefusedAsync(400, "disk_format", "POST", TusCall.Root, null, "Upload-Length: 1", $"Upload-Metadata: {TusCall.Metadata(formless.Id)}");
        Assert.Equal("queued", await image.StatusAsync());

        var path = await _tus.CreateAsync(image.Id, 10);
        await RefusedAsync(409, "from uploading to uploading", "POST", TusCall.Root, null, "Upload-Length: 1", metadata);
        Assert.Equal(409, (await image.UploadAsync([1], Ct)).Head.Status);
        await RefusedAsync(415, "application/offset+octet-stream", "PATCH", path, [1], "Content-Type: application/octet-stream", "Upload-Offset: 0");
        await RefusedAsync(400, "Upload-Offset is ''", "PATCH", path, [1]);
        await RefusedAsync(409, "0 bytes of the upload are here", "PATCH", path, [1], "Upload-Offset: 5");
        await RefusedAsync(413, "more bytes than the 10", "PATCH", path, new byte[11], "Upload-Offset: 0");
        await RefusedAsync(413, "more bytes than the 10", "PATCH", path, new byte[11], "Upload-Offset: 0", "Transfer-Encoding: chunked");
        await RefusedAsync(400, "the algorithm 'rot13'", "PATCH", path, [1], "Upload-Offset: 0", "Upload-Checksum: rot13 AAAA");
        await RefusedAsync(400, "not 20 bytes in base64", "PATCH", path, [1], "Upload-Offset: 0", "Upload-Checksum: sha1 AAAA");
        await RefusedAsync(404, "There is no upload", "PATCH", $"{TusCall.Root}/{Guid.NewGuid()}", [1], "Upload-Offset: 0");
        await RefusedAsync(405, "GET", "GET", path, null);
        Assert.Equal(0, await _tus.OffsetAsync(path));
    }

    public void Dispose() => _tus.Dispose();

    private async Task RefusedAsync(int status, string words, string method, string path, byte[]? body, params string[] headers)
    {
        var answer = await _tus.SendAsync(method, path, body, headers);
        Assert.True((int)answer.Status == status, $"{method} {string.Join(" | ", headers)}: {(int)answer.Status} {answer.Text}");
        Assert.Contains(words, answer.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("1.0.0", answer.Header("Tus-Resumable"));
    }

    private async Task<ApiAnswer> UntilBusyAsync(string path)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            // An offset that is never right: an answer that changes nothing.
            var answer = await _tus.PatchAsync(path, Length + 1, []);
            if ((int)answer.Status == 423)
                return answer;
            await Task.Delay(10, limit.Token);
        }
    }

    private async Task<ApiAnswer> UntilFreeAsync(string path)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var answer = await _tus.PatchAsync(path, 0, [1]);
            if ((int)answer.Status != 423)
                return answer;
            await Task.Delay(10, limit.Token);
        }
    }

    private async Task WrittenAsync(string path, long length)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (new FileInfo(FileOf(path)).Length < length)
            await Task.Delay(10, limit.Token);
    }

    private async Task<long> KeptAsync(string path)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            if (await _tus.OffsetAsync(path) is > 0 and var offset)
                return offset;
            await Task.Delay(10, limit.Token);
        }
    }

    private string FileOf(string path) => Path.Combine(server.Server.DataDirectory, "uploads", path[(path.LastIndexOf('/') + 1)..]);

    private async Task AssertActiveAsync(ImageCall image, byte[] data)
    {
        var shown = await image.ShowAsync();
        Assert.Equal(("active", (long)data.Length, UploadTests.Md5(data), Convert.ToHexStringLower(SHA512.HashData(data))),
            (shown.GetProperty("status").GetString(), shown.GetProperty("size").GetInt64(), shown.GetProperty("checksum").GetString(), shown.GetProperty("os_hash_value").GetString()));
        if (data.Length > 0)
            Assert.Equal(data, (await image.DownloadAsync(Ct)).Body);
    }

    // Bit by bit, as ISO 3309 describes it.
    private static byte[] Crc32(byte[] bytes)
    {
        var sum = uint.MaxValue;
        foreach (var value in bytes)
        {
            sum ^= value;
            for (var bit = 0; bit < 8; bit++)
                sum = (sum & 1) == 1 ? (sum >> 1) ^ 0xEDB88320 : sum >> 1;
        }

        return [.. BitConverter.GetBytes(~sum).Reverse()];
    }
}
