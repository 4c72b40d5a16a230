using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images.Data;

/// <summary>Uploads that do not come to their end: afterwards the image can be tried again, and no byte is left.</summary>
public sealed class BrokenUploadTests(ImageDataServer server) : IClassFixture<ImageDataServer>
{
    private const int Length = 8_000_000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(5_000_000, false)]
    [InlineData(5_000_000, true)]
    public async Task A_client_that_vanishes_leaves_no_trace(int sent, bool chunked)
    {
        var image = await server.QueuedAsync();
        var connection = await image.BeginUploadAsync(chunked ? -1 : Length, Ct);
        if (chunked)
            await connection.SendChunkAsync(UploadTests.Bytes(sent), Ct);
        else
            await connection.SendAsync(UploadTests.Bytes(sent), Ct);
        await image.BecomesAsync("saving", Ct);

        connection.Reset();

        await AssertAsNewAsync(image);
        await AssertTakesDataAsync(image);
    }

    [Fact]
    public async Task A_client_that_ends_before_its_promise_leaves_no_trace()
    {
        var image = await server.QueuedAsync();
        using var connection = await image.BeginUploadAsync(Length, Ct);
        await connection.SendAsync(UploadTests.Bytes(5_000_000), Ct);
        await image.BecomesAsync("saving", Ct);
        connection.CloseSending();

        await AssertAsNewAsync(image);
        await AssertTakesDataAsync(image);
    }

    [Fact]
    public async Task A_chunk_that_cannot_be_read_is_400_and_leaves_no_trace()
    {
        var image = await server.QueuedAsync();
        using var connection = await image.BeginUploadAsync(-1, Ct);
        await connection.SendChunkAsync(UploadTests.Bytes(1_000_000), Ct);
        await connection.SendAsync("this is no length\r\n"u8.ToArray(), Ct);

        var (head, body) = await connection.ReadAnswerAsync(Ct);

        Assert.Equal(400, head.Status);
        Assert.Contains("The upload broke off", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        await AssertAsNewAsync(image);
    }

    [Fact]
    public async Task An_image_that_is_deleted_during_its_upload_is_410_and_its_bytes_go()
    {
        var image = await server.QueuedAsync();
        using var connection = await image.BeginUploadAsync(Length, Ct);
        var data = UploadTests.Bytes(Length);
        await connection.SendAsync(data.AsMemory(0, 5_000_000), Ct);
        await image.BecomesAsync("saving", Ct);
        Assert.Equal(204, (int)(await server.One.SendAsync(HttpMethod.Delete, image.Path)).Status);
        await connection.SendAsync(data.AsMemory(5_000_000), Ct);

        var (head, body) = await connection.ReadAnswerAsync(Ct);

        Assert.Equal(410, head.Status);
        Assert.Contains(image.Id.ToString(), Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        Assert.Equal(404, (int)(await server.One.GetAsync(image.Path)).Status);
        await StoreDirectory.HoldsAsync(server.Server, 0, Ct);
    }

    [Fact]
    public async Task Two_uploads_at_once_do_not_mix()
    {
        var image = await server.QueuedAsync();
        var data = UploadTests.Bytes(Length);
        using var first = await image.BeginUploadAsync(Length, Ct);
        await first.SendAsync(data.AsMemory(0, 1_000_000), Ct);
        await image.BecomesAsync("saving", Ct);

        Assert.Equal(409, (await image.UploadAsync([1, 2, 3], Ct)).Head.Status);
        await first.SendAsync(data.AsMemory(1_000_000), Ct);

        Assert.Equal(204, (await first.ReadHeadAsync(Ct)).Status);
        Assert.Equal(data, (await image.DownloadAsync(Ct)).Body);
        Assert.Equal(204, (int)(await server.One.SendAsync(HttpMethod.Delete, image.Path)).Status);
        await StoreDirectory.HoldsAsync(server.Server, 0, Ct);
    }

    private async Task AssertAsNewAsync(ImageCall image)
    {
        await image.BecomesAsync("queued", Ct);
        var shown = await image.ShowAsync();
        foreach (var member in new[] { "size", "virtual_size", "checksum", "os_hash_value" })
            Assert.Equal(JsonValueKind.Null, shown.GetProperty(member).ValueKind);
        await StoreDirectory.HoldsAsync(server.Server, 0, Ct);
    }

    private async Task AssertTakesDataAsync(ImageCall image)
    {
        Assert.Equal(204, (await image.UploadAsync([1, 2, 3], Ct)).Head.Status);
        Assert.Equal([1, 2, 3], (await image.DownloadAsync(Ct)).Body);
        Assert.Equal(204, (int)(await server.One.SendAsync(HttpMethod.Delete, image.Path)).Status);
        await StoreDirectory.HoldsAsync(server.Server, 0, Ct);
    }
}

/// <summary>A store without room.</summary>
public sealed class FullDiskTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_disk_is_413_the_image_is_queued_again_and_what_fits_is_taken()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can mount the small file system that this test fills.");
        using var directory = new TemporaryDirectory();
        var store = Directory.CreateDirectory(directory.Combine("images")).FullName;
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", store);
        try
        {
            await using var server = await TintypeServer.StartAsync(directory.Path);
            using var one = await ApiClient.SignInAsync(server, "tintype");
            var image = await ImageCall.QueuedAsync(server, one);

            var (head, body) = await image.UploadAsync(UploadTests.Bytes(32_000_000), Ct);

            Assert.Equal(413, head.Status);
            Assert.Contains("Image storage media is full", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
            Assert.Equal("queued", await image.StatusAsync());
            Assert.Empty(StoreDirectory.Files(server));
            var data = UploadTests.Bytes(10_000_000);
            Assert.Equal(204, (await image.UploadAsync(data, Ct)).Head.Status);
            Assert.Equal(data, (await image.DownloadAsync(Ct)).Body);
        }
        finally
        {
            await RunAsync("umount", store);
        }
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        Assert.SkipWhen(program == "mount" && process.ExitCode != 0, $"Nothing can be mounted here: {error.Trim()}");
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {error}");
    }
}
