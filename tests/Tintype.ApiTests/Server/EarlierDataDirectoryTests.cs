using System.Net;
using System.Text.Json;
using Tintype.ApiTests.Images.Uploads;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Server;

/// <summary>Every data directory that an earlier version wrote opens with the server of today, and what was kept in it is there.</summary>
public sealed class EarlierDataDirectoryTests
{
    public static TheoryData<string> Archives { get; } = [.. EarlierDataDirectory.Archives];

    /// <summary>Those that make.sh has made.</summary>
    public static TheoryData<string> RichArchives { get; } = [.. EarlierDataDirectory.Archives.Where(name => name != "2026-11-23.tar.gz")];

    [Theory]
    [MemberData(nameof(Archives))]
    public async Task What_was_kept_is_still_there(string archive)
    {
        var ct = TestContext.Current.CancellationToken;
        using var folder = await EarlierDataDirectory.UnpackAsync(archive, ct);
        await using var server = await folder.StartAsync();
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

    /// <summary>Of those that have a little of everything; see the fixture's make.sh.</summary>
    [Theory]
    [MemberData(nameof(RichArchives))]
    public async Task Everything_that_is_kept_is_still_there(string archive)
    {
        var ct = TestContext.Current.CancellationToken;
        using var folder = await EarlierDataDirectory.UnpackAsync(archive, ct);
        await using var server = await folder.StartAsync();
        using var owner = await ApiClient.SignInAsync(server, "tintype");
        using var admin = await ApiClient.SignInAsync(server, "tintype-admin");
        var images = (await owner.GetAsync("/image/v2/images?limit=100")).Json.GetProperty("images").EnumerateArray()
            .Concat((await owner.GetAsync("/image/v2/images?os_hidden=true")).Json.GetProperty("images").EnumerateArray())
            .ToDictionary(image => image.GetProperty("name").GetString()!);
        async Task<string> DataAsync(string name, string query = "") => (await owner.GetAsync($"/image/v2/images/{Id(images[name])}/file{query}")).Text;
        string Told(string name, string property) => images[name].GetProperty(property).ToString();

        // What is of guests is looked at by a test that has some.
        Assert.Equal("broken failed far fetched kept snapshot staged twice", string.Join(' ', images.Keys.Where(name => !name.StartsWith("disk-", StringComparison.Ordinal) && !name.StartsWith("moment-", StringComparison.Ordinal)).Order()));
        Assert.Equal(("sha256", "local"), (Told("kept", "os_hash_algo"), Told("kept", "stores")));
        Assert.Equal(("local,second", "community", "True"), (Told("twice", "stores"), Told("twice", "visibility"), Told("twice", "protected")));
        Assert.Equal(("in two stores", "in two stores"), (await DataAsync("twice"), await DataAsync("twice", "?prefer=second")));
        // The web server has gone; the cache still has it.
        Assert.Equal(("web", "sha512", "far away"), (Told("far", "stores"), Told("far", "os_hash_algo"), await DataAsync("far")));
        Assert.Equal(("deactivated", "queued", "snapshot"), (Told("fetched", "status"), Told("failed", "status"), Told("snapshot", "image_type")));
        Assert.Equal(404, (int)(await owner.GetAsync($"/image/v2/images/{Id(images["kept"])}/members/nobody")).Status);
        Assert.Equal("accepted", (await owner.GetAsync($"/image/v2/images/{Id(images["kept"])}/members")).Json.GetProperty("members")[0].GetProperty("status").GetString());

        var things = (await admin.GetAsync("/image/v2/metadefs/namespaces/Kept::Things")).Json;
        Assert.Equal(("colour", "thing", "kept", "OS::Glance::Image"),
            (things.GetProperty("properties").EnumerateObject().Single().Name, things.GetProperty("objects")[0].GetProperty("name").GetString(),
             things.GetProperty("tags")[0].GetProperty("name").GetString(), things.GetProperty("resource_type_associations")[0].GetProperty("name").GetString()));

        Assert.Equal("uploading", Told("staged", "status"));
        Assert.Equal(202, (int)(await owner.SendAsync(HttpMethod.Post, $"/image/v2/images/{Id(images["staged"])}/import", """{"method": {"name": "glance-direct"}}""")).Status);
        await BecomesAsync(owner, Id(images["staged"]), "active", ct);
        Assert.Equal("waits for its import", await DataAsync("staged"));
        await FinishUploadAsync(server, owner, folder, Id(images["broken"]), ct);
    }

    /// <summary>It is kept for a year after its last progress; later the image is queued again.</summary>
    private static async Task FinishUploadAsync(TintypeServer server, ApiClient owner, EarlierDataDirectory folder, string image, CancellationToken ct)
    {
        using var tus = new TusCall(server, owner);
        var path = $"{TusCall.Root}/{(await File.ReadAllTextAsync(folder.Combine("upload"), ct)).Trim()}";
        var shown = await tus.SendAsync("HEAD", path, null);
        if ((int)shown.Status is 404 or 410)
        {
            Assert.True(DateTimeOffset.UtcNow > new DateTimeOffset(2027, 11, 23, 0, 0, 0, TimeSpan.Zero), $"The upload has gone before its time: {(int)shown.Status}");
            await BecomesAsync(owner, image, "queued", ct);
            return;
        }

        Assert.Equal((200, "10", "20"), ((int)shown.Status, shown.Header("Upload-Offset"), shown.Header("Upload-Length")));
        Assert.Equal(204, (int)(await tus.PatchAsync(path, 10, "abcdefghij"u8.ToArray())).Status);
        Assert.Equal("0123456789abcdefghij", (await owner.GetAsync($"/image/v2/images/{image}/file")).Text);
    }

    private static async Task BecomesAsync(ApiClient client, string image, string status, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        while ((await client.GetAsync($"/image/v2/images/{image}")).Json.GetProperty("status").GetString() != status)
            await Task.Delay(20, patience.Token);
    }

    private static string Id(JsonElement image) => image.GetProperty("id").GetString()!;
}
