using Tintype.ApiTests.Images.Data;
using Tintype.ApiTests.Images.Import;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Quotas;

/// <summary>What lies elsewhere counts as what lies here, and a copy that goes on as an upload.</summary>
public sealed class LocationQuotaTests : IAsyncLifetime
{
    private const int Mebibyte = 1024 * 1024;

    private readonly TemporaryDirectory _folder = new();
    private readonly WebOrigin _web = new();
    private TintypeServer _server = null!;
    private ApiClient _one = null!;
    private ApiClient _admin = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TintypeServer.StartAsync(_folder.Combine("data"), "--Images:Stores:first:Driver=local", "--Images:Stores:web:Driver=http",
            "--Images:ShowMultipleLocations=true", "--Images:Quotas:Default:image_size_total=4", "--Images:Quotas:Default:image_count_uploading=1",
            "--Images:WebDownload:AllowedNetworks:0=127.0.0.1/32", $"--Images:WebDownload:AllowedPorts:0={_web.Port}");
        _one = await ApiClient.SignInAsync(_server, "tintype");
        _admin = await ApiClient.SignInAsync(_server, "tintype-admin");
        _web.Give("/three", new byte[3 * Mebibyte]);
    }

    public async ValueTask DisposeAsync()
    {
        _one.Dispose();
        _admin.Dispose();
        await _server.DisposeAsync();
        await _web.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_location_needs_room_in_the_quota_before_it_is_added()
    {
        var (patched, posted) = (await NewAsync(), await NewAsync());
        Assert.Equal(200, (int)(await AddAsync(patched, _web.Url("/three"))).Status);
        Assert.Equal(3, await UsedAsync());
        // Another place of the same image, another image by PATCH, another by POST: there is no room for three more.
        foreach (var (id, url) in new[] { (patched, _web.Url("/three#2")), (posted, _web.Url("/three")) })
        {
            var refused = await AddAsync(id, url);
            Assert.Equal(413, (int)refused.Status);
            Assert.Contains("is over its limit image_size_total: it may have 4194304 bytes of image data, 3145728 are used or promised, and 3145728 more were attempted.", refused.Text, StringComparison.Ordinal);
        }

        Assert.Equal(202, (int)(await PostAsync(posted)).Status);
        Assert.Equal("queued", (await ImportServer.SettledAsync(_one, posted)).Json.GetProperty("status").GetString());
        Assert.Equal(3, await UsedAsync());

        // Beyond the limit already, nobody's server is asked.
        var full = await NewAsync();
        Assert.Equal(204, (int)(await _one.SendBytesAsync(HttpMethod.Put, $"{Root}/{full}/file", new byte[Mebibyte])).Status);
        var before = _web.Requests.Count;
        Assert.Equal(413, (int)(await PostAsync(posted)).Status);
        Assert.Equal(before, _web.Requests.Count);
    }

    [Fact]
    public async Task A_copy_is_refused_while_as_many_uploads_go_on_as_may()
    {
        var ct = TestContext.Current.CancellationToken;
        _web.Give("/far", new byte[Mebibyte]);
        var far = await NewAsync();
        Assert.Equal(200, (int)(await AddAsync(far, _web.Url("/far"))).Status);
        const string Copy = """{"method": {"name": "copy-image"}, "stores": ["first"]}""";
        var busy = await ImageCall.QueuedAsync(_server, _one);
        using (var upload = await busy.BeginUploadAsync(10, ct))
        {
            await upload.SendAsync(new byte[5], ct);
            await busy.BecomesAsync("saving", ct);
            var refused = await SendAsync(_admin, "POST", $"{Root}/{far}/import", Copy);
            Assert.Equal(413, (int)refused.Status);
            Assert.Contains("is over its limit image_count_uploading", refused.Text, StringComparison.Ordinal);
            Assert.False((await SendAsync(_one, "GET", $"{Root}/{far}")).Json.TryGetProperty("os_glance_import_task", out _));
            await upload.SendAsync(new byte[5], ct);
            Assert.Equal(204, (await upload.ReadAnswerAsync(ct)).Head.Status);
        }

        Assert.Equal(202, (int)(await SendAsync(_admin, "POST", $"{Root}/{far}/import", Copy)).Status);
        Assert.Equal("web,first", (await ImportServer.SettledAsync(_one, far)).Json.GetProperty("stores").GetString());
    }

    private Task<string> NewAsync() => CreateAsync(_one, """{"disk_format": "raw", "container_format": "bare"}""");

    private Task<ApiAnswer> AddAsync(string id, string url) =>
        PatchAsync(_one, id, $$"""[{"op": "add", "path": "/locations/-", "value": {"url": "{{url}}", "metadata": {} } }]""");

    private Task<ApiAnswer> PostAsync(string id) => SendAsync(_one, "POST", $"{Root}/{id}/locations", $$"""{"url": "{{_web.Url("/three")}}"}""");

    private async Task<long> UsedAsync() => (await _one.GetAsync("/image/v2/info/usage")).Json.GetProperty("usage").GetProperty("image_size_total").GetProperty("usage").GetInt64();
}
