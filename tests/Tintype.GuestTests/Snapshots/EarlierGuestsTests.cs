using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CliWrap;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Snapshots;

/// <summary>
/// Servers and snapshots of earlier versions: each fixture's guest counts its boots in one byte of its disk, so that the content of every image in it is known.
/// </summary>
public sealed class EarlierGuestsTests : IAsyncDisposable
{
    private const int Counter = 1 << 20;

    private EarlierDataDirectory? _folder;
    private TintypeServer? _server;
    private Cloud? _cloud;

    /// <summary>Those with guests.</summary>
    public static TheoryData<string> Archives { get; } = [.. EarlierDataDirectory.Archives.Where(name => string.CompareOrdinal(name, "2026-11-28") >= 0)];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private Cloud Member => _cloud!;

    public async ValueTask DisposeAsync()
    {
        _cloud?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        _folder?.Dispose();
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public async Task Every_snapshot_is_served_as_the_very_same_file_and_has_the_disk_of_its_moment(string archive)
    {
        await OpenAsync(archive);
        await AssertImagesAsync();
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public async Task Its_servers_boot_and_are_snapshotted_on(string archive)
    {
        await OpenAsync(archive);
        var servers = (await Member.GetAsync("/compute/v2.1/servers")).GetProperty("servers").EnumerateArray().ToDictionary(Name, Id);
        Assert.Equal(["of-moment", "of-qcow2", "of-raw"], servers.Keys.Order());

        // The fixture was made as by a power cut.
        foreach (var (server, boot) in new[] { ("of-raw", 2), ("of-qcow2", 2), ("of-moment", 3) })
        {
            await Cloud.UntilAsync(() => Member.StatusAsync(servers[server]), status => status == "SHUTOFF");
            await Member.ActAsync(servers[server], "os-start");
            await Cloud.UntilAsync(() => Member.ConsoleAsync(servers[server]), console => console.Contains($"boot {boot}", StringComparison.Ordinal));
        }

        Assert.Equal(await DiskAsync(boots: 2), await RawAsync(await Member.SnapshotAsync(servers["of-raw"], "now-raw")));
        Assert.Equal(await DiskAsync(boots: 2), await RawAsync(await Member.SnapshotAsync(servers["of-qcow2"], "now-qcow2")));
        Assert.Equal(await DiskAsync(boots: 3), await RawAsync(await Member.SnapshotAsync(servers["of-moment"], "now-moment")));
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public async Task An_operator_who_configures_another_store_for_disks_loses_nothing_in_the_one_that_there_was(string archive)
    {
        await OpenAsync(archive, "--Images:Stores:dedup:Driver=chunks");
        await AssertImagesAsync();

        var servers = (await Member.GetAsync("/compute/v2.1/servers")).GetProperty("servers").EnumerateArray().ToDictionary(Name, Id);
        foreach (var (server, boots) in new[] { ("of-raw", 1), ("of-moment", 2) })
        {
            await Cloud.UntilAsync(() => Member.StatusAsync(servers[server]), status => status == "SHUTOFF");
            var snapshot = await Member.SnapshotAsync(servers[server], $"there-{server}");
            Assert.Equal("dedup", snapshot.GetProperty("stores").GetString());
            Assert.Equal(await DiskAsync(boots), await RawAsync(snapshot));
        }
    }

    private static string Name(JsonElement named) => named.GetProperty("name").GetString()!;

    private static string Id(JsonElement named) => named.GetProperty("id").GetString()!;

    private async Task OpenAsync(string archive, params string[] more)
    {
        _folder = await EarlierDataDirectory.UnpackAsync(archive, Ct);
        _server = await _folder.StartAsync(more);
        _cloud = new Cloud(_server, "tintype");
        await _cloud.SignInAsync();
    }

    private async Task AssertImagesAsync()
    {
        Assert.Equal(await DiskAsync(boots: 0), await RawAsync(await ImageAsync("disk-qcow2")));
        foreach (var (name, format, of) in new[] { ("moment-raw", "raw", "disk-raw"), ("moment-again", "raw", "disk-raw"), ("moment-qcow2", "qcow2", "disk-qcow2") })
        {
            var image = await ImageAsync(name);
            Assert.Equal(("active", format, "crash", "kept", Id(await ImageAsync(of))), (Text("status"), Text("disk_format"), Text("tintype_consistency"), Text("note"), Text("base_image_ref")));
            Assert.Equal(await DiskAsync(boots: 1), await RawAsync(image));

            string? Text(string property) => image.GetProperty(property).GetString();
        }
    }

    private async Task<JsonElement> ImageAsync(string name) => (await Member.GetAsync($"/image/v2/images?name={name}")).GetProperty("images").EnumerateArray().Single();

    /// <summary>The disk that the fixture's servers are made of, after so many boots: see make.sh.</summary>
    private async Task<byte[]> DiskAsync(int boots)
    {
        var disk = await Member.Http.GetByteArrayAsync($"/image/v2/images/{Id(await ImageAsync("disk-raw"))}/file", Ct);
        var expected = new byte[2 << 20];
        disk.AsSpan(0, 512).CopyTo(expected);
        for (var i = 0; i < 1024; i++)
            SHA256.HashData(Encoding.ASCII.GetBytes($"kept {i}")).CopyTo(expected, (3 << 19) + (32 * i));
        expected[Counter] = (byte)'0';
        Assert.Equal(expected, disk);
        expected[Counter] += (byte)boots;
        return expected;
    }

    /// <summary>The content of an image, whose file is what its checksum says.</summary>
    private async Task<byte[]> RawAsync(JsonElement image)
    {
        var hashed = await Member.HashedAsync(Id(image));
        var file = _folder!.Combine(Name(image));
        Assert.Equal(hashed.GetProperty("checksum").GetString(), await Member.SaveAsync(Id(image), file));
        var raw = file + ".raw";
        await Cli.Wrap("qemu-img").WithArguments(["convert", "-f", image.GetProperty("disk_format").GetString()!, "-O", "raw", file, raw]).ExecuteAsync(Ct);
        return await File.ReadAllBytesAsync(raw, Ct);
    }
}
