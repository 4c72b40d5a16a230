using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Snapshots;

/// <summary>A snapshot is active before its file has been hashed; the real client copes.</summary>
public sealed class HashesFollowTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private TintypeServer? _server;

    [Fact]
    public async Task The_real_client_saves_a_snapshot_whose_hashes_are_yet_to_come_and_one_that_has_them()
    {
        // So slow that the client is done before the hashes are.
        _server = await TintypeServer.StartAsync(_folder.Combine("data"), TintypeServer.WithDemoGuest, "--Images:HashBytesPerSecond=1048576");
        var client = new OpenStackClient(_server, "tintype");
        using var cloud = new Cloud(_server, "tintype");
        await cloud.SignInAsync();
        var image = (await client.JsonAsync("image", "show", "tintype-linux")).GetProperty("id").GetString()!;
        var server = await cloud.CreateServerAsync("hashes", image, "true");
        await Cloud.UntilAsync(() => cloud.ConsoleAsync(server), console => console.Contains("tintype-demo: boot", StringComparison.Ordinal));
        var snapshot = (await cloud.SnapshotAsync(server, "hashes")).GetProperty("id").GetString()!;

        var early = _folder.Combine("early");
        await client.RunAsync("image", "save", "--file", early, snapshot);
        var meanwhile = await cloud.GetAsync($"/image/v2/images/{snapshot}");
        Assert.Equal(("active", JsonValueKind.Null, JsonValueKind.Null),
            (meanwhile.GetProperty("status").GetString(), meanwhile.GetProperty("checksum").ValueKind, meanwhile.GetProperty("os_hash_value").ValueKind));
        Assert.Equal(new FileInfo(early).Length, meanwhile.GetProperty("size").GetInt64());

        var hashed = await cloud.HashedAsync(snapshot);
        // Compares with the checksum, and refuses what differs.
        var late = _folder.Combine("late");
        await client.RunAsync("image", "save", "--file", late, snapshot);
        Assert.Equal(hashed.GetProperty("checksum").GetString(), await cloud.SaveAsync(snapshot, _folder.Combine("saved")));
        Assert.Equal(await File.ReadAllBytesAsync(early, TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(late, TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _folder.Dispose();
    }
}
