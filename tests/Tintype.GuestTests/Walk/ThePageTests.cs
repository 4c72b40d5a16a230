using CliWrap;
using Tintype.TestSupport;
using Xunit;
using static Tintype.GuestTests.Walk.WalkSteps;

namespace Tintype.GuestTests.Walk;

/// <summary>
/// What a user is told to do to keep a machine, typed into Debian's own client against guests that really run: make, snapshot
/// (running and stopped), save, upload again, boot each and find the work inside, verify, share, delete.
/// </summary>
public sealed class ThePageTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_day_of_work_is_kept_shared_and_found_again()
    {
        using var folder = new TemporaryDirectory();
        await using var server = await TintypeServer.StartAsync(folder.Combine("data"), TintypeServer.WithDemoGuest);
        var mine = new OpenStackClient(server, "tintype");
        var theirs = new OpenStackClient(server, "tintype-two");
        var admin = new OpenStackClient(server, "tintype-admin");
        var steps = new WalkSteps(server, TimeSpan.FromMinutes(5));
        var work = $"a day of work {Guid.NewGuid()}";

        // image create, as the page writes it
        var raw = folder.Combine("base.raw");
        await Cli.Wrap("qemu-img").WithArguments(["convert", "-f", "qcow2", "-O", "raw", Repository.DemoGuest, raw]).ExecuteAsync(TestContext.Current.CancellationToken);
        await mine.RunAsync(["image", "create", "--disk-format", "raw", "--container-format", "bare", .. PageProperties, "--file", raw, "My-Base"]);
        var image = await mine.JsonAsync("image", "show", "My-Base");
        Assert.Equal("private", Text(image, "visibility"));
        Assert.Equal("active", Text(image, "status"));

        // server create; the root disk is on SCSI; a file is written inside and not synced by hand
        var writer = UserData(folder, "writer", $"echo '{work}' > /root/work; awk '$2 == \"/\" {{ print \"ROOT-ON \" $1 }}' /proc/mounts; echo WORK-WRITTEN");
        await CreateServerAsync(mine, "my-instance", "My-Base", writer);
        var console = await steps.ConsoleUntilAsync(mine, "my-instance", "WORK-WRITTEN");
        Assert.Contains("ROOT-ON /dev/sda", console, StringComparison.Ordinal);

        // snapshot while it runs
        var running = await steps.SnapshotAsync(mine, "my-instance", "My-Snapshot-Running", image, "filesystem");
        Assert.Equal("ACTIVE", Text(await mine.JsonAsync("server", "show", "my-instance"), "status"));

        // server stop, SHUTOFF, snapshot
        await mine.RunAsync("server", "stop", "my-instance");
        await steps.StatusUntilAsync(mine, "my-instance", "SHUTOFF");
        var stopped = await steps.SnapshotAsync(mine, "my-instance", "My-Snapshot-Stopped", image, "offline");

        // image save, and the same file as a new image
        var saved = folder.Combine("my-custom-image.raw");
        await mine.RunAsync("image", "save", "--file", saved, Text(stopped, "id"));
        Assert.Equal(Text(stopped, "checksum"), await Md5Async(saved));
        await mine.RunAsync(["image", "create", "--disk-format", "raw", "--container-format", "bare", .. PageProperties, "--file", saved, "My-Custom-Image"]);

        // boot from each and find the file inside
        var reader = UserData(folder, "reader", "echo \"FOUND: $(cat /root/work)\"");
        foreach (var source in new[] { "My-Snapshot-Running", "My-Snapshot-Stopped", "My-Custom-Image" })
        {
            await CreateServerAsync(mine, $"from-{source}", source, reader);
            var found = await steps.ConsoleUntilAsync(mine, $"from-{source}", "FOUND: ");
            Assert.Contains($"FOUND: {work}", found, StringComparison.Ordinal);
            await mine.RunAsync("server", "delete", "--wait", $"from-{source}");
        }

        // boot & test
        output.WriteLine((await steps.VerifyAsync(mine, Text(stopped, "id"))).ToString());

        // sharing
        var project = await ProjectOfAsync(theirs);
        var shown = await mine.JsonAsync("image", "show", "My-Custom-Image", "-c", "name", "-c", "id", "-c", "visibility");
        Assert.Equal(["id", "name", "visibility"], shown.EnumerateObject().Select(p => p.Name).Order());
        Assert.Equal("private", Text(shown, "visibility"));
        var custom = Text(shown, "id");
        await mine.RunAsync("image", "set", "--shared", "My-Custom-Image");
        await mine.RunAsync("image", "add", "project", "My-Custom-Image", project);
        Assert.DoesNotContain(custom, await theirs.RunAsync("image", "list"), StringComparison.Ordinal);
        await theirs.RunAsync("image", "set", "--accept", custom);
        Assert.Contains(custom, await theirs.RunAsync("image", "list"), StringComparison.Ordinal);
        await CreateServerAsync(theirs, "shared-with-me", custom, reader);
        Assert.Contains($"FOUND: {work}", await steps.ConsoleUntilAsync(theirs, "shared-with-me", "FOUND: "), StringComparison.Ordinal);
        await theirs.RunAsync("server", "delete", "--wait", "shared-with-me");

        await mine.RunAsync("image", "set", "--community", "My-Custom-Image");
        Assert.Contains(custom, await theirs.RunAsync("image", "list", "--community"), StringComparison.Ordinal);
        var refused = await mine.TryAsync("image", "set", "--public", "My-Custom-Image");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("403", refused.StandardError, StringComparison.Ordinal);
        await admin.RunAsync("image", "set", "--public", custom);
        Assert.Equal("public", Text(await theirs.JsonAsync("image", "show", custom), "visibility"));

        // delete; gone; the first server starts again
        await mine.RunAsync("image", "delete", "My-Base", "My-Snapshot-Running");
        Assert.NotEqual(0, (await mine.TryAsync("image", "show", Text(running, "id"))).ExitCode);
        Assert.NotEqual(0, (await mine.TryAsync("image", "show", Text(image, "id"))).ExitCode);
        await mine.RunAsync("server", "start", "my-instance");
        await steps.StatusUntilAsync(mine, "my-instance", "ACTIVE");
        await mine.RunAsync("server", "delete", "--wait", "my-instance");
        Assert.Empty(TintypeServer.GuestPids(server.DataDirectory));
    }

    private static Task<string> CreateServerAsync(OpenStackClient client, string name, string image, string userData) =>
        client.RunAsync("server", "create", "--wait", "--image", image, "--flavor", "t1.tiny", "--user-data", userData, name);

    private static string UserData(TemporaryDirectory folder, string name, string script)
    {
        var path = folder.Combine(name);
        File.WriteAllText(path, $"#!/bin/sh\nexec > /dev/ttyS0 2>&1\n{script}\n");
        return path;
    }

    private static async Task<string> ProjectOfAsync(OpenStackClient client)
    {
        var id = (await client.RunAsync("token", "issue", "-f", "value", "-c", "project_id")).Trim();
        return Text(await client.JsonAsync("project", "show", id), "name");
    }
}
