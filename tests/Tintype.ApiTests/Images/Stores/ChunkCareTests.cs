using System.Text.Json;
using Tintype.ApiTests.Images.Import;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Stores;

/// <summary>Administrators collect and scrub chunk stores, and are told what came of it.</summary>
public sealed class ChunkCareTests : IAsyncLifetime
{
    private const string Collection = "/tintype/v1/chunks/collection";
    private const string Scrub = "/tintype/v1/chunks/scrub";

    private readonly TemporaryDirectory _data = new();
    private TintypeServer _server = null!;
    private ApiClient _one = null!;
    private ApiClient _admin = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TintypeServer.StartAsync(_data.Combine("data"),
            "--Images:Stores:dedup:Driver=chunks", "--Images:Stores:plain:Driver=local", "--Images:DefaultStore=dedup", "--Images:Chunks:Collection:GracePeriod=00:00:00");
        _one = await ApiClient.SignInAsync(_server, "tintype");
        _admin = await ApiClient.SignInAsync(_server, "tintype-admin");
    }

    public async ValueTask DisposeAsync()
    {
        _one.Dispose();
        _admin.Dispose();
        await _server.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task A_deleted_image_gives_its_room_back_and_a_dry_run_only_tells_so()
    {
        var (kept, gone) = (Data(1_000_000, 1), Data(2_000_000, 2));
        var (keptId, goneId) = (await UploadedAsync(kept), await UploadedAsync(gone));
        Assert.Equal(204, (int)(await _one.SendAsync(HttpMethod.Delete, $"{Root}/{goneId}")).Status);
        await WaitAsync(() => Task.FromResult(Blobs("records").Count() == 1));
        var before = Stored();

        await RunAsync(Collection, """{"dry_run": true}""");
        var trial = await ShowAsync(Collection, "dry_run");
        Assert.InRange(trial.GetProperty("condemned_bytes").GetInt64(), 2_000_000, 2_010_000);
        Assert.Equal((before, JsonValueKind.Null), (Stored(), (await StoreAsync(Collection)).GetProperty("collection").ValueKind));

        await RunAsync(Collection, """{"dry_run": false}""");
        var done = await ShowAsync(Collection, "collection");
        Assert.Equal(trial.GetProperty("condemned_chunks").GetInt64(), done.GetProperty("removed_chunks").GetInt64());
        Assert.Equal((before - Stored(), JsonValueKind.Null), (done.GetProperty("freed_bytes").GetInt64(), done.GetProperty("problem").ValueKind));
        Assert.InRange(Stored(), 1_000_000, 1_010_000);
        Assert.Equal(kept, await _one.BytesAsync($"{Root}/{keptId}/file"));
    }

    [Fact]
    public async Task A_damaged_image_is_named_or_healed()
    {
        var data = Data(500_000, 3);
        var id = await UploadedAsync(data);
        Assert.Equal(202, (int)(await SendAsync(_admin, "POST", $"{Root}/{id}/import", """{"method": {"name": "copy-image"}, "stores": ["plain"]}""")).Status);
        await ImportServer.SettledAsync(_one, id);
        Flip(Assert.Single(Blobs("packs")), 300_000);
        await RunAsync(Scrub, "{}");
        var healed = await StoreAsync(Scrub);
        Assert.Equal((0, 1, 0), (healed.GetProperty("damaged_chunks").GetInt32(), healed.GetProperty("healed_chunks").GetInt32(), healed.GetProperty("damages").GetArrayLength()));
        Assert.Equal(204, (int)(await _admin.SendAsync(HttpMethod.Delete, $"/image/v2/stores/plain/{id}")).Status);
        Assert.Equal(data, await _one.BytesAsync($"{Root}/{id}/file"));

        Flip(Blobs("packs").Single(pack => pack.Length > 400_000), 100_000);
        await RunAsync(Scrub, "{}");
        var hurt = Assert.Single((await StoreAsync(Scrub)).GetProperty("damages").EnumerateArray());
        Assert.Equal((id, "tended", "No other store has a copy of it."),
            (hurt.GetProperty("image_id").GetString(), hurt.GetProperty("image_name").GetString(), hurt.GetProperty("obstacle").GetString()));
        Assert.Contains("is damaged", hurt.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_an_administrators_matter()
    {
        foreach (var path in (string[])[Collection, Scrub])
        {
            Assert.Equal(403, (int)(await SendAsync(_one, "GET", path)).Status);
            Assert.Equal(403, (int)(await SendAsync(_one, "POST", path, "{}")).Status);
        }

        Assert.Equal(400, (int)(await SendAsync(_admin, "POST", Collection, """{"dry_run": "yes"}""")).Status);
    }

    private IEnumerable<FileInfo> Blobs(string folder) =>
        new DirectoryInfo(Path.Combine(_server.DataDirectory, "stores", "dedup", folder)).GetFiles().Where(file => file.Name != "store-format");

    private long Stored() => Blobs("packs").Sum(file => file.Length);

    private static byte[] Data(int length, int seed)
    {
        var data = new byte[length];
        new Random(seed).NextBytes(data);
        return data;
    }

    private static void Flip(FileInfo file, long at)
    {
        using var stream = file.Open(FileMode.Open, FileAccess.ReadWrite);
        stream.Position = at;
        var one = stream.ReadByte();
        stream.Position--;
        stream.WriteByte((byte)(one ^ 1));
    }

    private async Task<string> UploadedAsync(byte[] data)
    {
        var id = await CreateAsync(_one, """{"name": "tended", "disk_format": "raw", "container_format": "bare"}""");
        Assert.Equal(204, (int)(await _one.SendBytesAsync(HttpMethod.Put, $"{Root}/{id}/file", data)).Status);
        return id;
    }

    private async Task RunAsync(string path, string body)
    {
        var accepted = await SendAsync(_admin, "POST", path, body);
        Assert.Equal(202, (int)accepted.Status);
        var id = accepted.Json.GetProperty("task_id").GetString();
        await WaitAsync(async () => (await _admin.GetAsync($"/tintype/v1/tasks/{id}")).Json.GetProperty("status").GetString() is "success" or "failure");
        Assert.Equal("success", (await _admin.GetAsync($"/tintype/v1/tasks/{id}")).Json.GetProperty("status").GetString());
    }

    private static async Task WaitAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!await isSo())
            await Task.Delay(20, patience.Token);
    }

    private async Task<JsonElement> StoreAsync(string path) => Assert.Single((await _admin.GetAsync(path)).Json.GetProperty("stores").EnumerateArray());

    private async Task<JsonElement> ShowAsync(string path, string what) => (await StoreAsync(path)).GetProperty(what);
}
