using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tintype.ApiTests.Images.Import;
using Tintype.ApiTests.Images.Uploads;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Data;

/// <summary>The operator chooses another algorithm: every way of bringing data follows, and what there was stays as it was.</summary>
public sealed class HashAlgorithmTests : IAsyncLifetime
{
    private const string Data = "as the operator has it";

    private static readonly string _sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Data)));
    private static readonly string _sha512 = Convert.ToHexStringLower(SHA512.HashData(Encoding.UTF8.GetBytes(Data)));

    private readonly TemporaryDirectory _folder = new();
    private readonly WebOrigin _web = new();

    public ValueTask InitializeAsync()
    {
        _web.Give("/data", Encoding.UTF8.GetBytes(Data));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task New_images_follow_the_choice_and_older_ones_keep_theirs()
    {
        string older, staged;
        await using (var before = await StartAsync())
        {
            using var first = await ApiClient.SignInAsync(before, "tintype");
            older = await UploadedAsync(first);
            staged = await CreateAsync(first);
            Assert.Equal(204, (int)(await first.SendBytesAsync(HttpMethod.Put, $"{Root}/{staged}/stage", Encoding.UTF8.GetBytes(Data))).Status);
        }

        await using var server = await StartAsync("--Images:HashAlgorithm=sha256");
        using var client = await ApiClient.SignInAsync(server, "tintype");
        using var admin = await ApiClient.SignInAsync(server, "tintype-admin");

        await AssertHashAsync("sha512", _sha512, client, older);
        await AssertHashAsync("sha256", _sha256, client, await UploadedAsync(client));
        // It was hashed when it was staged.
        await ImportAsync(client, staged, """{"method": {"name": "glance-direct"} }""");
        await AssertHashAsync("sha512", _sha512, client, staged);
        var fetched = await CreateAsync(client);
        await ImportAsync(client, fetched, $$"""{"method": {"name": "web-download", "uri": "{{_web.Url("/data")}}"} }""");
        await AssertHashAsync("sha256", _sha256, client, fetched);
        await AssertHashAsync("sha256", _sha256, client, await ResumablyUploadedAsync(server, client));

        // A copy is held against the hash that its image has.
        await ImportAsync(admin, older, """{"method": {"name": "copy-image"}, "stores": ["second"]}""");
        Assert.Equal("first,second", (await ShowAsync(client, older)).GetProperty("stores").GetString());
        await AssertHashAsync("sha512", _sha512, client, older);

        Assert.Contains(older, (await client.GetAsync($"{Root}?os_hash_algo=sha512")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(older, (await client.GetAsync($"{Root}?os_hash_algo=sha256")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Locations_follow_what_their_sender_said_and_else_the_choice()
    {
        await using var server = await StartAsync("--Images:HashAlgorithm=sha256");
        using var client = await ApiClient.SignInAsync(server, "tintype");
        using var admin = await ApiClient.SignInAsync(server, "tintype-admin");

        var unsaid = await LocatedAsync(client, "");
        await AssertHashAsync("sha256", _sha256, client, unsaid);
        var said = await LocatedAsync(client, $$""", "validation_data": {"os_hash_algo": "sha512", "os_hash_value": "{{_sha512.ToUpperInvariant()}}"}""");
        await AssertHashAsync("sha512", _sha512, client, said);
        var old = await LocatedAsync(client, $$""", "validation_data": {"os_hash_algo": "sha1", "os_hash_value": "{{Sha1()}}"}""");
        await AssertHashAsync("sha1", Sha1(), client, old);
        await ImportAsync(admin, old, """{"method": {"name": "copy-image"}, "stores": ["second"]}""");
        Assert.Equal("web,second", (await ShowAsync(client, old)).GetProperty("stores").GetString());

        // By PATCH nobody reads the data, so that only the operator's algorithm is believed, as in Glance.
        var patched = await CreateAsync(client);
        AssertFault(409, "Conflict", "os_hash_algo must be sha256, not sha512", await PlaceAsync(client, patched, "sha512", _sha512));
        Assert.Equal(200, (int)(await PlaceAsync(client, patched, "sha256", _sha256)).Status);
        await AssertHashAsync("sha256", _sha256, client, patched, checksum: null);
    }

    [Fact]
    public async Task Without_secure_hashing_the_sender_is_believed_and_nothing_is_read()
    {
        await using var server = await StartAsync("--Images:DoSecureHash=false");
        using var client = await ApiClient.SignInAsync(server, "tintype");
        var wrong = new string('0', 64);

        var said = await LocatedAsync(client, $$""", "validation_data": {"os_hash_algo": "sha256", "os_hash_value": "{{wrong}}"}""");
        var unsaid = await LocatedAsync(client, "");

        await AssertHashAsync("sha256", wrong, client, said, checksum: null);
        await AssertHashAsync(null, null, client, unsaid, checksum: null);
        Assert.All(_web.Requests, request => Assert.StartsWith("HEAD ", request, StringComparison.Ordinal));
        Assert.Equal(Data, (await client.GetAsync($"{Root}/{said}/file")).Text);
    }

    private Task<TintypeServer> StartAsync(params string[] arguments) => TintypeServer.StartAsync(_folder.Combine("data"),
    [
        "--Images:Stores:first:Driver=local", "--Images:Stores:second:Driver=local", "--Images:DefaultStore=first", "--Images:Stores:web:Driver=http",
        "--Images:ShowMultipleLocations=true",
        "--Images:WebDownload:AllowedNetworks:0=127.0.0.1/32", $"--Images:WebDownload:AllowedPorts:0={_web.Port}", .. arguments,
    ]);

    private static Task<string> CreateAsync(ApiClient client) => ImagesApi.CreateAsync(client, """{"name": "hashed", "disk_format": "raw", "container_format": "bare"}""");

    private static async Task<string> UploadedAsync(ApiClient client)
    {
        var id = await CreateAsync(client);
        Assert.Equal(204, (int)(await client.SendBytesAsync(HttpMethod.Put, $"{Root}/{id}/file", Encoding.UTF8.GetBytes(Data))).Status);
        return id;
    }

    private static async Task<string> ResumablyUploadedAsync(TintypeServer server, ApiClient client)
    {
        var id = await CreateAsync(client);
        using var tus = new TusCall(server, client);
        var path = await tus.CreateAsync(Guid.Parse(id), Data.Length);
        Assert.Equal(204, (int)(await tus.PatchAsync(path, 0, Encoding.UTF8.GetBytes(Data))).Status);
        return id;
    }

    private async Task<string> LocatedAsync(ApiClient client, string said)
    {
        var id = await CreateAsync(client);
        Assert.Equal(202, (int)(await SendAsync(client, "POST", $"{Root}/{id}/locations", $$"""{"url": "{{_web.Url("/data")}}"{{said}} }""")).Status);
        await ImportServer.SettledAsync(client, id);
        return id;
    }

    private Task<ApiAnswer> PlaceAsync(ApiClient client, string id, string algorithm, string value) => PatchAsync(client, id, $$"""
        [{"op": "add", "path": "/locations/-", "value": {"url": "{{_web.Url("/data")}}", "metadata": {},
          "validation_data": {"os_hash_algo": "{{algorithm}}", "os_hash_value": "{{value}}"} } }]
        """);

    private static async Task ImportAsync(ApiClient client, string id, string body)
    {
        var begun = await SendAsync(client, "POST", $"{Root}/{id}/import", body);
        Assert.True((int)begun.Status == 202, begun.Text);
        await ImportServer.SettledAsync(client, id);
    }

    private static async Task<JsonElement> ShowAsync(ApiClient client, string id) => (await SendAsync(client, "GET", $"{Root}/{id}")).Json;

    private static Task AssertHashAsync(string algorithm, string value, ApiClient client, string id) => AssertHashAsync(algorithm, value, client, id, _md5);

    private static async Task AssertHashAsync(string? algorithm, string? value, ApiClient client, string id, string? checksum)
    {
        var image = await ShowAsync(client, id);
        Assert.Equal(("active", algorithm, value), (image.GetProperty("status").GetString(), image.GetProperty("os_hash_algo").GetString(), image.GetProperty("os_hash_value").GetString()));
        Assert.Equal(checksum, image.GetProperty("checksum").GetString());
    }

#pragma warning disable CA5350, CA5351 // They are what senders and Glance name, not what protects anything.
    private static readonly string _md5 = Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(Data)));

    private static string Sha1() => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(Data)));
#pragma warning restore CA5350, CA5351
}
