using Tintype.ApiTests.Images.Data;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Uploads;

/// <summary>Resumable uploads by the client that others use, with the server killed in the middle.</summary>
public sealed class TusClientTests : IAsyncLifetime
{
    private const int Chunk = 4_000_000;
    private const int Length = 18_000_000;

    private static readonly byte[] _data = UploadTests.Bytes(Length);

    private readonly TemporaryDirectory _folder = new();
    private TintypeServer _server = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        // The client knows where its upload is by a URL: the server must be found there again.
        _server = await TintypeServer.StartAsync(_folder.Combine("data"), "--listen", $"127.0.0.1:{FreePort.Next()}");
        await File.WriteAllBytesAsync(_folder.Combine("disk"), _data, Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_running_client_goes_on_when_the_server_is_back()
    {
        using var api = await ApiClient.SignInAsync(_server, "tintype");
        var image = await ImageCall.QueuedAsync(_server, api);
        using var client = await StartAsync(api, image.Id, new() { ["holdAt"] = Chunk, ["retry"] = Enumerable.Repeat(500, 240).ToArray() });
        await client.UntilAsync("holding", Ct);
        // Wherever in the piece it falls: there are more to come.
        var kill = _server.KillAsync();
        await client.GoAsync(Ct);
        await kill;
        await _server.StartAgainAsync();

        await client.UntilAsync("done", Ct);
        Assert.Contains("\nHEAD ", client.Said, StringComparison.Ordinal);
        await AssertActiveAsync(api, image.Id);
    }

    [Fact]
    public async Task Another_client_goes_on_with_what_the_first_has_begun_with_checksums_of_all_pieces()
    {
        using var api = await ApiClient.SignInAsync(_server, "tintype");
        var image = await ImageCall.QueuedAsync(_server, api);
        using (var first = await StartAsync(api, image.Id, new() { ["holdAt"] = 2 * Chunk, ["checksum"] = "sha256" }))
        {
            await first.UntilAsync("holding", Ct);
            await _server.KillAsync();
            await first.GoAsync(Ct);
            await first.UntilAsync("error", Ct);
        }

        Assert.Equal("uploading", await StatusAfterStartAsync(image.Id));
        using var second = await StartAsync(api, image.Id, new() { ["checksum"] = "sha1" });
        var url = (await second.UntilAsync("resuming", Ct))["resuming ".Length..];
        Assert.Equal($"done {url}", await second.UntilAsync("done", Ct));
        Assert.DoesNotContain("POST ", second.Said, StringComparison.Ordinal);
        Assert.DoesNotContain($"chunk {Chunk}\n", second.Said, StringComparison.Ordinal);
        await AssertActiveAsync(api, image.Id);
    }

    [Fact]
    public async Task The_client_terminates_its_upload()
    {
        using var api = await ApiClient.SignInAsync(_server, "tintype");
        var image = await ImageCall.QueuedAsync(_server, api);
        using var client = await StartAsync(api, image.Id, new() { ["abortAt"] = Chunk });
        await client.UntilAsync("aborted", Ct);
        await image.BecomesAsync("queued", Ct);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_server.DataDirectory, "uploads")));
    }

    private async Task<string?> StatusAfterStartAsync(Guid image)
    {
        await _server.StartAgainAsync();
        using var api = await ApiClient.SignInAsync(_server, "tintype");
        return (await api.GetAsync($"{Root}/{image}")).Json.GetProperty("status").GetString();
    }

    private Task<TusJsClient> StartAsync(ApiClient api, Guid image, Dictionary<string, object> options)
    {
        options["endpoint"] = new Uri(_server.Address, TusCall.Root).AbsoluteUri;
        options["token"] = api.Token!;
        options["image"] = image.ToString();
        options["file"] = _folder.Combine("disk");
        options["storage"] = _folder.Combine($"{image}.urls");
        options["chunk"] = Chunk;
        return TusJsClient.StartAsync(options, Ct);
    }

    private static async Task AssertActiveAsync(ApiClient api, Guid image)
    {
        var shown = (await api.GetAsync($"{Root}/{image}")).Json;
        Assert.Equal(("active", Length, UploadTests.Md5(_data)),
            (shown.GetProperty("status").GetString(), shown.GetProperty("size").GetInt64(), shown.GetProperty("checksum").GetString()));
        var served = await api.BytesAsync($"{Root}/{image}/file");
        Assert.True(_data.AsSpan().SequenceEqual(served));
    }
}
