using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Walk;

/// <summary>What a walk does again and again: it asks with the real client until something is so, as the client's own --wait does, and looks at what came of it.</summary>
/// <param name="patience">How long a guest may take; without KVM, on a busy machine.</param>
internal sealed class WalkSteps(TintypeServer server, TimeSpan patience)
{
    /// <summary>The service's own store for disks, where snapshots go.</summary>
    public const string ChunkStore = "os_glance_chunks";

    /// <summary>What the page has an image made with.</summary>
    public static IReadOnlyList<string> PageProperties { get; } =
    [
        "--property", "visibility=private", "--property", "hw_disk_bus=scsi", "--property", "hw_scsi_model=virtio-scsi",
        "--property", "hw_qemu_guest_agent=yes", "--property", "os_require_quiesce=yes",
    ];

    public Task<string> ConsoleUntilAsync(OpenStackClient client, string name, string word) =>
        PollAsync(() => client.RunAsync("console", "log", "show", name), log => log.Contains(word, StringComparison.Ordinal));

    public Task<string> StatusUntilAsync(OpenStackClient client, string name, string status) =>
        PollAsync(async () => Text(await client.JsonAsync("server", "show", name), "status"), s => s == status);

    /// <summary>Takes a snapshot, and looks whether it has everything that its source has, and lies in chunks, where what it shares with its source costs nothing.</summary>
    /// <returns>The snapshot, as the client shows it once its hashes are there.</returns>
    public async Task<JsonElement> SnapshotAsync(OpenStackClient client, string server, string name, JsonElement source, string consistency)
    {
        await client.RunAsync("server", "image", "create", "--wait", "--name", name, server);
        var snapshot = await PollAsync(() => client.JsonAsync("image", "show", name), image => image.GetProperty("checksum").ValueKind == JsonValueKind.String);
        AssertKeepsEverything(snapshot, source, consistency);
        await AssertIsChunkedAsync(client, Text(snapshot, "id"));
        return snapshot;
    }

    /// <summary>Has the image booted &amp; tested.</summary>
    /// <returns>The evidence.</returns>
    public async Task<JsonElement> VerifyAsync(OpenStackClient client, string imageId)
    {
        using var http = await SignedInAsync(client);
        using var accepted = await http.PostAsync(new Uri($"/tintype/v1/images/{imageId}/verify", UriKind.Relative), null);
        Assert.Equal(202, (int)accepted.StatusCode);
        var evidence = await PollAsync(
            () => http.GetFromJsonAsync<JsonElement>(new Uri($"/tintype/v1/images/{imageId}/verification", UriKind.Relative)),
            e => Text(e, "verdict") != "running");
        Assert.True(Text(evidence, "verdict") == "passed", evidence.ToString());
        var shown = await client.JsonAsync("image", "show", imageId);
        Assert.Equal("passed", shown.GetProperty("properties").GetProperty("tintype_verified").GetString());
        var screenshot = await http.GetByteArrayAsync(new Uri($"/tintype/v1/images/{imageId}/verification/screenshot", UriKind.Relative));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], screenshot[..4]);
        Assert.NotEmpty(await http.GetStringAsync(new Uri($"/tintype/v1/images/{imageId}/verification/console", UriKind.Relative)));
        return evidence;
    }

    public async Task<T> PollAsync<T>(Func<Task<T>> ask, Func<T, bool> done)
    {
        using var limit = new CancellationTokenSource(patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        while (true)
        {
            var answer = await ask();
            if (done(answer))
                return answer;
            if (limit.IsCancellationRequested)
                Assert.Fail($"Not within {patience}; the last answer was:\n{answer}");
            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    public static async Task<string> Md5Async(string path)
    {
        await using var file = File.OpenRead(path);
#pragma warning disable CA5351 // The image's checksum is MD5; nothing is protected by it.
        return Convert.ToHexStringLower(await MD5.HashDataAsync(file));
#pragma warning restore CA5351
    }

    public static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static void AssertKeepsEverything(JsonElement snapshot, JsonElement source, string consistency)
    {
        Assert.Equal("active", Text(snapshot, "status"));
        Assert.Equal("private", Text(snapshot, "visibility"));
        Assert.Equal(Text(source, "disk_format"), Text(snapshot, "disk_format"));
        var kept = snapshot.GetProperty("properties");
        foreach (var name in new[] { "hw_disk_bus", "hw_scsi_model", "hw_qemu_guest_agent", "os_require_quiesce" })
            Assert.Equal(source.GetProperty("properties").GetProperty(name).ToString(), kept.GetProperty(name).ToString());
        Assert.Equal("snapshot", kept.GetProperty("image_type").GetString());
        Assert.Equal(Text(source, "id"), kept.GetProperty("base_image_ref").GetString());
        Assert.Equal(consistency, kept.GetProperty("tintype_consistency").GetString());
    }

    private async Task AssertIsChunkedAsync(OpenStackClient client, string imageId)
    {
        using var http = await SignedInAsync(client);
        var sizes = await http.GetFromJsonAsync<JsonElement>(new Uri($"/tintype/v1/images/{imageId}/sizes", UriKind.Relative));
        var store = Assert.Single(sizes.GetProperty("stores").EnumerateArray());
        Assert.Equal(ChunkStore, Text(store, "store"));
        var (unique, shared) = (sizes.GetProperty("unique").GetInt64(), sizes.GetProperty("shared").GetInt64());
        Assert.True(unique < shared, $"{unique} bytes are stored for the snapshot alone, and only {shared} are of what it was made of");
    }

    private async Task<HttpClient> SignedInAsync(OpenStackClient client)
    {
        var token = (await client.RunAsync("token", "issue", "-f", "value", "-c", "id")).Trim();
        var http = new HttpClient { BaseAddress = server.Address };
        http.DefaultRequestHeaders.Add("X-Auth-Token", token);
        return http;
    }
}
