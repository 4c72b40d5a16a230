using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Server;

/// <summary>Every data directory that an earlier version wrote opens with the server of today, and what was kept in it is there.</summary>
public sealed class EarlierDataDirectoryTests
{
    private static string Fixtures { get; } = Path.Combine(Repository.Root, "tests", "fixtures", "data-directories");

    public static TheoryData<string> Archives { get; } = [.. Directory.EnumerateFiles(Fixtures, "*.tar.gz").Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(Archives))]
    public async Task What_was_kept_is_still_there(string archive)
    {
        var ct = TestContext.Current.CancellationToken;
        using var folder = new TemporaryDirectory();
        await using (var packed = File.OpenRead(Path.Combine(Fixtures, archive)))
        await using (var tar = new GZipStream(packed, CompressionMode.Decompress))
            await TarFile.ExtractToDirectoryAsync(tar, folder.Path, overwriteFiles: false, ct);

        await using var server = await TintypeServer.StartAsync(folder.Combine("data"));
        using var owner = await ApiClient.SignInAsync(server, "tintype");
        var image = (await owner.GetAsync("/image/v2/images?name=kept")).Json.GetProperty("images").EnumerateArray().Single();
        Assert.Equal("active", image.GetProperty("status").GetString());
        Assert.Equal("shared", image.GetProperty("visibility").GetString());
        Assert.Equal("scsi", image.GetProperty("hw_disk_bus").GetString());
        Assert.Equal("kept", image.GetProperty("tags").EnumerateArray().Single().GetString());
        var id = image.GetProperty("id").GetString();
        Assert.Equal("a day of work, kept since 2026-11\n", (await owner.GetAsync($"/image/v2/images/{id}/file")).Text);
        Assert.Equal(HttpStatusCode.OK, (await owner.GetAsync("/compute/v2.1/os-keypairs/kept")).Status);

        using var offered = await ApiClient.SignInAsync(server, "tintype-two");
        Assert.Equal(id, (await offered.GetAsync($"/image/v2/images/{id}")).Json.GetProperty("id").GetString());
        Assert.Contains("\"kept\"", (await owner.GetAsync("/compute/v2.1/flavors")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_keeps_is_for_its_own_user_alone()
    {
        using var folder = new TemporaryDirectory();
        await using var server = await TintypeServer.StartAsync(folder.Combine("data"));
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        string[] secrets = ["tintype.db", "tintype.db-wal", "clouds.yaml", "images"];
        Assert.All(secrets, name => Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Path.Combine(server.DataDirectory, name)) & others));
    }
}
