using System.Text.Json.Nodes;
using Tintype.ApiTests.Images.Import;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Stores;

/// <summary>The deduplicating store behind the Images API: uploads, downloads and copies are as with any other.</summary>
public sealed class ChunkStoreTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _data = new();
    private TintypeServer _server = null!;
    private ApiClient _one = null!;
    private ApiClient _admin = null!;

    public async ValueTask InitializeAsync() => await StartAsync();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task An_upload_is_kept_once_and_read_back_in_whole_and_in_ranges_also_after_a_restart()
    {
        var data = Data(5_000_000, 1);
        var first = await UploadedAsync(data);
        var stored = PackBytes();
        Assert.InRange(stored, 3_000_000, 3_200_000);
        var second = await UploadedAsync(data);
        Assert.Equal(stored, PackBytes());

        await StopAsync();
        await StartAsync();
        foreach (var id in (string[])[first, second])
        {
            var image = (await _one.GetAsync($"{Root}/{id}")).Json;
            Assert.Equal(("dedup", "active", data.Length), (image.GetProperty("stores").GetString(), image.GetProperty("status").GetString(), image.GetProperty("size").GetInt32()));
            Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA512.HashData(data)), image.GetProperty("os_hash_value").GetString());
            Assert.Equal(data, await _one.BytesAsync($"{Root}/{id}/file"));
        }

        var ascii = await UploadedAsync([.. "0123456789"u8, .. new byte[200_000], .. "abcdef"u8]);
        var range = await _one.SendAsync(HttpMethod.Get, $"{Root}/{ascii}/file", null, ("Range", "bytes=-4"));
        Assert.Equal((206, "cdef", "bytes 200012-200015/200016"), ((int)range.Status, range.Text, range.Header("Content-Range")));
        Assert.Equal("345", (await _one.SendAsync(HttpMethod.Get, $"{Root}/{ascii}/file", null, ("Range", "bytes=3-5"))).Text);
    }

    [Fact]
    public async Task An_image_is_copied_out_of_it_and_into_it_and_deleted_there()
    {
        var (there, here) = (Data(700_000, 2), Data(700_001, 3));
        var (out_, in_) = (await UploadedAsync(there), await UploadedAsync(here, "plain"));

        await CopyAsync(out_, "plain");
        await CopyAsync(in_, "dedup");
        Assert.Equal("dedup,plain", await StoresAsync(out_));
        Assert.Equal("plain,dedup", await StoresAsync(in_));
        Assert.Equal(204, (int)(await _admin.SendAsync(HttpMethod.Delete, $"/image/v2/stores/dedup/{out_}")).Status);
        Assert.Equal(204, (int)(await _admin.SendAsync(HttpMethod.Delete, $"/image/v2/stores/plain/{in_}")).Status);
        Assert.Equal(there, await _one.BytesAsync($"{Root}/{out_}/file"));
        Assert.Equal(here, await _one.BytesAsync($"{Root}/{in_}/file"));

        Assert.Equal(204, (int)(await _one.SendAsync(HttpMethod.Delete, $"{Root}/{in_}")).Status);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (Records().Any())
            await Task.Delay(20, patience.Token);
    }

    [Fact]
    public async Task A_refused_upload_leaves_no_record()
    {
        var id = await CreateAsync(_one, """{"name": "wrong", "disk_format": "qcow2", "container_format": "bare"}""");
        Assert.Equal(415, (int)(await PutAsync(id, Data(100_000, 4), "dedup")).Status);
        Assert.Equal("queued", (await _one.GetAsync($"{Root}/{id}")).Json.GetProperty("status").GetString());
        Assert.Empty(Records());
    }

    [Fact]
    public async Task It_is_told_as_any_other_store()
    {
        AssertAnswer(200, """{"stores": [{"id": "dedup", "default": "true"}, {"id": "plain"}]}""", await SendAsync(_one, "GET", "/image/v2/info/stores"));
        AssertAnswer(200, $$"""
            {"stores": [
              {"id": "dedup", "default": "true", "type": "chunks", "weight": 0, "properties": {"data_dir": "{{Folder}}"} },
              {"id": "plain", "type": "file", "weight": 0, "properties": {"data_dir": "{{Path.Combine(_server.DataDirectory, "stores", "plain")}}"} }]}
            """, await SendAsync(_admin, "GET", "/image/v2/info/stores/detail"));
    }

    [Fact]
    public async Task Whoever_sees_an_image_is_told_what_it_takes_of_the_stores()
    {
        var data = Data(5_000_000, 5);
        var first = await UploadedAsync(data);
        var alone = await SizesAsync(_one, first);
        Assert.Equal((5_000_000, 5_000_000, 0), (alone.Virtual, alone.Logical, alone.Shared));
        // Three fifths are no zeros; and there is the node that names them.
        Assert.InRange(alone.Unique, 3_000_000, 3_150_000);

        // The first mebibyte is another's too, under a node that is not.
        var second = await UploadedAsync([.. data[..(1 << 20)], .. Data(1_000_000, 6)]);
        var shared = await SizesAsync(_one, first);
        Assert.Equal((alone.Unique - (1 << 20), 1 << 20), (shared.Unique, shared.Shared));
        Assert.Equal(1 << 20, (await SizesAsync(_one, second)).Shared);

        // All of it, the node included.
        var third = await UploadedAsync(data);
        Assert.Equal((0, alone.Unique), await UniqueAndSharedAsync(first));
        Assert.Equal((0, alone.Unique), await UniqueAndSharedAsync(third));

        // A plain copy is nobody else's.
        await CopyAsync(third, "plain");
        AssertSizes($$"""
            {"image_id": "{{third}}", "virtual": 5000000, "logical": 5000000, "unique": 5000000, "shared": {{alone.Unique}},
             "stores": [{"store": "dedup", "unique": 0, "shared": {{alone.Unique}} }, {"store": "plain", "unique": 5000000, "shared": 0}]}
            """, await SendAsync(_one, "GET", $"/tintype/v1/images/{third}/sizes"));

        var empty = await CreateAsync(_one, "{}");
        AssertSizes($$"""{"image_id": "{{empty}}", "virtual": null, "logical": null, "unique": 0, "shared": 0, "stores": []}""", await SendAsync(_one, "GET", $"/tintype/v1/images/{empty}/sizes"));
        using var stranger = await ApiClient.SignInAsync(_server, "tintype-two");
        var refused = await SendAsync(stranger, "GET", $"/tintype/v1/images/{first}/sizes");
        Assert.Equal(404, (int)refused.Status);
        Assert.Contains($"No image found with ID {first}", refused.Text, StringComparison.Ordinal);
    }

    private static void AssertSizes(string expected, ApiAnswer answer)
    {
        Assert.Equal(200, (int)answer.Status);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(answer.Text)), answer.Text);
    }

    private static async Task<(long Virtual, long Logical, long Unique, long Shared)> SizesAsync(ApiClient client, string id)
    {
        var sizes = (await client.GetAsync($"/tintype/v1/images/{id}/sizes")).Json;
        return (sizes.GetProperty("virtual").GetInt64(), sizes.GetProperty("logical").GetInt64(), sizes.GetProperty("unique").GetInt64(), sizes.GetProperty("shared").GetInt64());
    }

    private async Task<(long Unique, long Shared)> UniqueAndSharedAsync(string id)
    {
        var (_, _, unique, shared) = await SizesAsync(_one, id);
        return (unique, shared);
    }

    private string Folder => Path.Combine(_server.DataDirectory, "stores", "dedup");

    private long PackBytes() => Blobs("packs").Sum(file => file.Length);

    private IEnumerable<FileInfo> Records() => Blobs("records");

    private IEnumerable<FileInfo> Blobs(string folder) => new DirectoryInfo(Path.Combine(Folder, folder)).GetFiles().Where(file => file.Name != "store-format");

    /// <summary>Random bytes with zeros in the middle.</summary>
    private static byte[] Data(int length, int seed)
    {
        var data = new byte[length];
        new Random(seed).NextBytes(data);
        data.AsSpan(length / 4, length / 5 * 2).Clear();
        return data;
    }

    private async Task StartAsync()
    {
        _server = await TintypeServer.StartAsync(_data.Combine("data"),
            "--Images:Stores:dedup:Driver=chunks", "--Images:Stores:plain:Driver=local", "--Images:DefaultStore=dedup");
        _one = await ApiClient.SignInAsync(_server, "tintype");
        _admin = await ApiClient.SignInAsync(_server, "tintype-admin");
    }

    private async Task StopAsync()
    {
        _one.Dispose();
        _admin.Dispose();
        await _server.DisposeAsync();
    }

    private async Task<string> UploadedAsync(byte[] data, string? store = null)
    {
        var id = await CreateAsync(_one, """{"name": "chunked", "disk_format": "raw", "container_format": "bare"}""");
        Assert.Equal(204, (int)(await PutAsync(id, data, store)).Status);
        return id;
    }

    private Task<ApiAnswer> PutAsync(string id, byte[] data, string? store) =>
        _one.SendBytesAsync(HttpMethod.Put, $"{Root}/{id}/file", data, store is null ? [] : [("x-image-meta-store", store)]);

    private async Task CopyAsync(string id, string store)
    {
        Assert.Equal(202, (int)(await SendAsync(_admin, "POST", $"{Root}/{id}/import", $$"""{"method": {"name": "copy-image"}, "stores": ["{{store}}"]}""")).Status);
        await ImportServer.SettledAsync(_one, id);
    }

    private async Task<string?> StoresAsync(string id) => (await _one.GetAsync($"{Root}/{id}")).Json.GetProperty("stores").GetString();
}

/// <summary>The store that the service has for itself where none of the kind is configured.</summary>
public sealed class OwnChunkStoreTests(TwoStores stores) : IClassFixture<TwoStores>
{
    private const string Own = "os_glance_chunks";

    [Fact]
    public async Task Users_neither_see_it_nor_put_anything_there()
    {
        Assert.True(Directory.Exists(Path.Combine(stores.Server.DataDirectory, "stores", Own, "packs")));
        Assert.DoesNotContain("chunks", (await SendAsync(stores.Admin, "GET", "/image/v2/info/stores/detail")).Text, StringComparison.Ordinal);
        Assert.Equal("first,second", (await SendAsync(stores.One, "POST", Root, "{}")).Header("OpenStack-image-store-ids"));

        var id = await stores.CreateAsync("a");
        Assert.Equal(400, (int)(await stores.UploadAsync(id, "x", Own)).Status);
        Assert.Equal(204, (int)(await stores.UploadAsync(id, "x")).Status);
        AssertFault(409, "Conflict", $"Store identifier '{Own}' is not known, or takes no data; there is first, second.", await SendAsync(stores.Admin, "POST", $"{Root}/{id}/import", $$"""{"method": {"name": "copy-image"}, "stores": ["{{Own}}"]}"""));
    }

    [Fact]
    public async Task It_takes_no_name_and_no_directory_that_an_operator_has_given_to_another()
    {
        using var data = new TemporaryDirectory();
        await using var server = await TintypeServer.StartAsync(data.Combine("data"), "--Images:Stores:chunks:Driver=local", "--Images:Stores:chunks:Path=chunks");
        using var one = await ApiClient.SignInAsync(server, "tintype");
        var id = await CreateAsync(one, """{"disk_format": "raw", "container_format": "bare"}""");

        Assert.Equal(204, (int)(await one.SendBytesAsync(HttpMethod.Put, $"{Root}/{id}/file", "mine"u8.ToArray())).Status);

        Assert.Equal(("mine", "chunks"), ((await one.GetAsync($"{Root}/{id}/file")).Text, (await one.GetAsync($"{Root}/{id}")).Json.GetProperty("stores").GetString()));
        Assert.Single(Directory.GetFiles(Path.Combine(server.DataDirectory, "chunks")), file => Guid.TryParse(Path.GetFileName(file), out _));
    }
}
