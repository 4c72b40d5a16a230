using System.Net;
using System.Text.Json.Nodes;
using CliWrap;
using CliWrap.Buffered;
using Tintype.GuestTests.Snapshots;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Compute;

/// <summary>The way into a guest that a user is told of: the keypair, the port in <c>tintype:ssh</c>, and Debian's own client.</summary>
public sealed class SshTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_servers_key_opens_the_guest_by_the_port_that_the_server_tells_and_another_does_not()
    {
        using var folder = new TemporaryDirectory();
        await using var server = await TintypeServer.StartAsync(folder.Combine("data"), TintypeServer.WithDemoGuest);
        using var cloud = new Cloud(server, "tintype");
        await cloud.SignInAsync();
        var (ours, another) = (await MakeKeyAsync(folder, "ours"), await MakeKeyAsync(folder, "another"));
        await cloud.PostAsync("/compute/v2.1/os-keypairs", new JsonObject
        {
            ["keypair"] = new JsonObject { ["name"] = "ours", ["public_key"] = await File.ReadAllTextAsync(ours + ".pub", Ct) },
        }, HttpStatusCode.Created);

        var id = await CreateServerAsync(cloud, "ours");
        var shown = await Cloud.UntilAsync(() => cloud.ServerAsync(id), s => s.GetProperty("status").GetString() is "ACTIVE" or "ERROR");
        var port = shown.GetProperty("tintype:ssh").GetString()!["127.0.0.1:".Length..];
        await Cloud.UntilAsync(() => cloud.ConsoleAsync(id), c => c.Contains("tintype-demo: boot", StringComparison.Ordinal));

        var inside = await SshAsync(port, ours, "hostname; cat /root/.ssh/authorized_keys | wc -l");
        Assert.Equal((0, "way-in\n1\n"), (inside.ExitCode, inside.StandardOutput));
        var refused = await SshAsync(port, another, "hostname");
        Assert.Equal(255, refused.ExitCode);
        Assert.Contains("Permission denied (publickey)", refused.StandardError, StringComparison.Ordinal);
    }

    /// <returns>The private key's file.</returns>
    private static async Task<string> MakeKeyAsync(TemporaryDirectory folder, string name)
    {
        await Cli.Wrap("ssh-keygen").WithArguments(["-q", "-t", "ed25519", "-N", "", "-f", folder.Combine(name)]).ExecuteAsync(Ct);
        return folder.Combine(name);
    }

    private static async Task<string> CreateServerAsync(Cloud cloud, string key)
    {
        var image = (await cloud.GetAsync("/image/v2/images?name=tintype-linux")).GetProperty("images")[0].GetProperty("id").GetString();
        var flavor = (await cloud.GetAsync("/compute/v2.1/flavors")).GetProperty("flavors").EnumerateArray()
            .First(f => f.GetProperty("name").GetString() == "t1.tiny").GetProperty("id").GetString();
        var made = await cloud.PostAsync("/compute/v2.1/servers", new JsonObject
        {
            ["server"] = new JsonObject { ["name"] = "way in", ["imageRef"] = image, ["flavorRef"] = flavor, ["key_name"] = key, ["networks"] = "auto" },
        }, HttpStatusCode.Accepted);
        return made.GetProperty("server").GetProperty("id").GetString()!;
    }

    private static async Task<BufferedCommandResult> SshAsync(string port, string key, string command) => await Cli.Wrap("ssh").WithArguments(
    [
        "-F", "none", "-i", key, "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
        "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=60", "-p", port, "root@127.0.0.1", command,
    ]).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Ct);
}
