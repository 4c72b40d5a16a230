using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using CliWrap;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Import;

/// <summary>A server whose operator has all that is imported unpacked, converted to raw, and marked.</summary>
public sealed class PreparingServer : IAsyncLifetime
{
    public TemporaryDirectory Data { get; } = new();

    public TintypeServer Server { get; private set; } = null!;

    public ApiClient One { get; private set; } = null!;

    public ApiClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await TintypeServer.StartAsync(Data.Combine("data"),
            "--Images:Import:Decompress=true", "--Images:Import:ConvertTo=raw", "--Images:Import:InjectProperties:site=lab");
        One = await ApiClient.SignInAsync(Server, "tintype");
        Admin = await ApiClient.SignInAsync(Server, "tintype-admin");
    }

    public async ValueTask DisposeAsync()
    {
        One.Dispose();
        Admin.Dispose();
        await Server.DisposeAsync();
        Data.Dispose();
    }
}

public sealed class PreparationTests(PreparingServer server) : IClassFixture<PreparingServer>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_packed_qcow2_becomes_a_bare_raw_image_with_the_operators_properties()
    {
        var disk = new byte[3 * 1024 * 1024];
        new Random(1).NextBytes(disk.AsSpan(1024 * 1024, 1024 * 1024));
        var image = await ImportAsync(server.One, "qcow2", "compressed", Packed(await Qcow2Async(disk)));

        Assert.Equal(("active", "raw", "bare", disk.Length, disk.Length, "lab"),
            (image.GetProperty("status").GetString(), image.GetProperty("disk_format").GetString(), image.GetProperty("container_format").GetString(),
             image.GetProperty("size").GetInt64(), image.GetProperty("virtual_size").GetInt64(), image.GetProperty("site").GetString()));
        Assert.Equal(disk, await server.One.BytesAsync($"{Root}/{image.GetProperty("id").GetString()}/file"));
    }

    [Fact]
    public async Task A_promise_is_about_what_comes_not_about_what_is_made_of_it()
    {
        var packed = Packed("promised"u8.ToArray());
        foreach (var (data, status) in new[] { (packed, "active"), ("promised"u8.ToArray(), "queued") })
        {
            var promise = $$""" , "validation_data": {"os_hash_algo": "sha256", "os_hash_value": "{{Convert.ToHexStringLower(SHA256.HashData(data))}}"}""";
            Assert.Equal(status, (await ImportAsync(server.One, "raw", "compressed", packed, promise)).GetProperty("status").GetString());
        }
    }

    [Fact]
    public async Task What_an_administrator_imports_gets_no_properties()
    {
        var image = await ImportAsync(server.Admin, "raw", "bare", "as it is"u8.ToArray());
        Assert.Equal("active", image.GetProperty("status").GetString());
        Assert.False(image.TryGetProperty("site", out _));
    }

    [Fact]
    public async Task What_cannot_be_prepared_leaves_the_image_as_it_was()
    {
        await AssertFailsAsync("raw", "compressed", "not packed at all"u8.ToArray(), "is in none of the ways of packing that are known here: gzip, xz, zstd, bzip2");
        await AssertFailsAsync("raw", "compressed", Packed(new byte[100_000])[..^9], "The data cannot be unpacked as gzip");
        await AssertFailsAsync("raw", "compressed", [0x1f, 0x8b, 0x08, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "The data cannot be unpacked as gzip");
        await AssertFailsAsync("qcow2", "bare", "no qcow2"u8.ToArray(), "The image is declared as qcow2");
    }

    private async Task AssertFailsAsync(string diskFormat, string containerFormat, byte[] data, string reason)
    {
        var image = await ImportAsync(server.One, diskFormat, containerFormat, data);
        Assert.Equal(("queued", diskFormat, containerFormat),
            (image.GetProperty("status").GetString(), image.GetProperty("disk_format").GetString(), image.GetProperty("container_format").GetString()));
        Assert.Contains(reason, await ReasonAsync(image.GetProperty("id").GetString()!), StringComparison.Ordinal);
    }

    private async Task<string> ReasonAsync(string id)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var task = (await server.One.GetAsync($"{Root}/{id}/tasks")).Json.GetProperty("tasks")[0];
            if (task.GetProperty("status").GetString() == "failure")
                return task.GetProperty("message").GetString()!;
            await Task.Delay(20, patience.Token);
        }
    }

    private static async Task<JsonElement> ImportAsync(ApiClient client, string diskFormat, string containerFormat, byte[] data, string promise = "")
    {
        var id = await CreateAsync(client, $$"""{"disk_format": "{{diskFormat}}", "container_format": "{{containerFormat}}"}""");
        Assert.Equal(204, (int)(await client.SendBytesAsync(HttpMethod.Put, $"{Root}/{id}/stage", data)).Status);
        Assert.Equal(202, (int)(await SendAsync(client, "POST", $"{Root}/{id}/import", $$"""{"method": {"name": "glance-direct"{{promise}} } }""")).Status);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            var image = (await client.GetAsync($"{Root}/{id}")).Json;
            if (!image.TryGetProperty("os_glance_import_task", out _))
                return image;
            await Task.Delay(50, patience.Token);
        }
    }

    private async Task<byte[]> Qcow2Async(byte[] disk)
    {
        var (raw, qcow2) = (server.Data.Combine($"{Guid.NewGuid()}.raw"), server.Data.Combine($"{Guid.NewGuid()}.qcow2"));
        await File.WriteAllBytesAsync(raw, disk, Ct);
        await Cli.Wrap("qemu-img").WithArguments(["convert", "-f", "raw", "-O", "qcow2", raw, qcow2]).ExecuteAsync(Ct);
        return await File.ReadAllBytesAsync(qcow2, Ct);
    }

    private static byte[] Packed(byte[] data)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(data);
        return packed.ToArray();
    }
}
