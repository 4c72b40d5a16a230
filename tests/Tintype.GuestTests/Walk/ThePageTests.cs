using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using CliWrap;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Walk;

/// <summary>
/// What a user is told to do to keep a machine, typed into Debian's own client against guests that really run: make, snapshot
/// (running and stopped), save, upload again, boot each and find the work inside, verify, share, delete.
/// </summary>
public sealed class ThePageTests(ITestOutputHelper output)
{
    private static readonly string[] _pageProperties =
    [
        "--property", "visibility=private", "--property", "hw_disk_bus=scsi", "--property", "hw_scsi_model=virtio-scsi",
        "--property", "hw_qemu_guest_agent=yes", "--property", "os_require_quiesce=yes",
    ];

    [Fact]
    public async Task A_day_of_work_is_kept_shared_and_found_again()
    {
        using var folder = new TemporaryDirectory();
        await using var server = await TintypeServer.StartAsync(folder.Combine("data"), TintypeServer.WithDemoGuest);
        var mine = new OpenStackClient(server, "tintype");
        var theirs = new OpenStackClient(server, "tintype-two");
        var admin = new OpenStackClient(server, "tintype-admin");
        var work = $"a day of work {Guid.NewGuid()}";

        // image create, as the page writes it
        var raw = folder.Combine("base.raw");
        await Cli.Wrap("qemu-img").WithArguments(["convert", "-f", "qcow2", "-O", "raw", Repository.DemoGuest, raw]).ExecuteAsync(TestContext.Current.CancellationToken);
        await mine.RunAsync(["image", "create", "--disk-format", "raw", "--container-format", "bare", .. _pageProperties, "--file", raw, "My-Base"]);
        var image = await mine.JsonAsync("image", "show", "My-Base");
        Assert.Equal("private", Text(image, "visibility"));
        Assert.Equal("active", Text(image, "status"));

        // server create; the root disk is on SCSI; a file is written inside and not synced by hand
        var writer = UserData(folder, "writer", $"echo '{work}' > /root/work; awk '$2 == \"/\" {{ print \"ROOT-ON \" $1 }}' /proc/mounts; echo WORK-WRITTEN");
        await CreateServerAsync(mine, "my-instance", "My-Base", writer);
        var console = await ConsoleUntilAsync(mine, "my-instance", "WORK-WRITTEN");
        Assert.Contains("ROOT-ON /dev/sda", console, StringComparison.Ordinal);

        // snapshot while it runs
        await mine.RunAsync("server", "image", "create", "--wait", "--name", "My-Snapshot-Running", "my-instance");
        var running = await mine.JsonAsync("image", "show", "My-Snapshot-Running");
        AssertKeepsEverything(running, image, "filesystem");
        Assert.Equal("ACTIVE", Text(await mine.JsonAsync("server", "show", "my-instance"), "status"));

        // server stop, SHUTOFF, snapshot
        await mine.RunAsync("server", "stop", "my-instance");
        await StatusUntilAsync(mine, "my-instance", "SHUTOFF");
        await mine.RunAsync("server", "image", "create", "--wait", "--name", "My-Snapshot-Stopped", "my-instance");
        var stopped = await mine.JsonAsync("image", "show", "My-Snapshot-Stopped");
        AssertKeepsEverything(stopped, image, "offline");

        // image save, and the same file as a new image
        var saved = folder.Combine("my-custom-image.raw");
        await mine.RunAsync("image", "save", "--file", saved, Text(stopped, "id"));
        Assert.Equal(Text(stopped, "checksum"), await Md5Async(saved));
        await mine.RunAsync(["image", "create", "--disk-format", "raw", "--container-format", "bare", .. _pageProperties, "--file", saved, "My-Custom-Image"]);

        // boot from each and find the file inside
        var reader = UserData(folder, "reader", "echo \"FOUND: $(cat /root/work)\"");
        foreach (var source in new[] { "My-Snapshot-Running", "My-Snapshot-Stopped", "My-Custom-Image" })
        {
            await CreateServerAsync(mine, $"from-{source}", source, reader);
            var found = await ConsoleUntilAsync(mine, $"from-{source}", "FOUND: ");
            Assert.Contains($"FOUND: {work}", found, StringComparison.Ordinal);
            await mine.RunAsync("server", "delete", "--wait", $"from-{source}");
        }

        // boot & test
        await VerifyAsync(server, mine, Text(stopped, "id"));

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
        Assert.Contains($"FOUND: {work}", await ConsoleUntilAsync(theirs, "shared-with-me", "FOUND: "), StringComparison.Ordinal);
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
        await StatusUntilAsync(mine, "my-instance", "ACTIVE");
        await mine.RunAsync("server", "delete", "--wait", "my-instance");
        Assert.Empty(TintypeServer.GuestPids(server.DataDirectory));
    }

    private static void AssertKeepsEverything(JsonElement snapshot, JsonElement source, string consistency)
    {
        Assert.Equal("active", Text(snapshot, "status"));
        Assert.Equal("private", Text(snapshot, "visibility"));
        Assert.Equal("raw", Text(snapshot, "disk_format"));
        var kept = snapshot.GetProperty("properties");
        foreach (var name in new[] { "hw_disk_bus", "hw_scsi_model", "hw_qemu_guest_agent", "os_require_quiesce" })
            Assert.Equal(source.GetProperty("properties").GetProperty(name).ToString(), kept.GetProperty(name).ToString());
        Assert.Equal("snapshot", kept.GetProperty("image_type").GetString());
        Assert.Equal(Text(source, "id"), kept.GetProperty("base_image_ref").GetString());
        Assert.Equal(consistency, kept.GetProperty("tintype_consistency").GetString());
    }

    private async Task VerifyAsync(TintypeServer server, OpenStackClient client, string imageId)
    {
        var token = (await client.RunAsync("token", "issue", "-f", "value", "-c", "id")).Trim();
        using var http = new HttpClient { BaseAddress = server.Address };
        http.DefaultRequestHeaders.Add("X-Auth-Token", token);
        using var accepted = await http.PostAsync(new Uri($"/tintype/v1/images/{imageId}/verify", UriKind.Relative), null);
        Assert.Equal(202, (int)accepted.StatusCode);
        var evidence = await PollAsync(
            () => http.GetFromJsonAsync<JsonElement>(new Uri($"/tintype/v1/images/{imageId}/verification", UriKind.Relative)),
            e => Text(e, "verdict") != "running");
        output.WriteLine(evidence.ToString());
        Assert.Equal("passed", Text(evidence, "verdict"));
        var shown = await client.JsonAsync("image", "show", imageId);
        Assert.Equal("passed", shown.GetProperty("properties").GetProperty("tintype_verified").GetString());
        var screenshot = await http.GetByteArrayAsync(new Uri($"/tintype/v1/images/{imageId}/verification/screenshot", UriKind.Relative));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], screenshot[..4]);
        Assert.NotEmpty(await http.GetStringAsync(new Uri($"/tintype/v1/images/{imageId}/verification/console", UriKind.Relative)));
    }

    private static Task<string> CreateServerAsync(OpenStackClient client, string name, string image, string userData) =>
        client.RunAsync("server", "create", "--wait", "--image", image, "--flavor", "t1.tiny", "--user-data", userData, name);

    private static Task<string> ConsoleUntilAsync(OpenStackClient client, string server, string word) =>
        PollAsync(() => client.RunAsync("console", "log", "show", server), log => log.Contains(word, StringComparison.Ordinal));

    private static Task<string> StatusUntilAsync(OpenStackClient client, string server, string status) =>
        PollAsync(async () => Text(await client.JsonAsync("server", "show", server), "status"), s => s == status);

    /// <summary>Asks again, as the client's own --wait does, until the answer is the one waited for.</summary>
    private static async Task<T> PollAsync<T>(Func<Task<T>> ask, Func<T, bool> done)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        while (true)
        {
            var answer = await ask();
            if (done(answer))
                return answer;
            if (limit.IsCancellationRequested)
                Assert.Fail($"Not within five minutes; the last answer was:\n{answer}");
            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

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

    private static async Task<string> Md5Async(string path)
    {
        await using var file = File.OpenRead(path);
#pragma warning disable CA5351 // The image's checksum is MD5; nothing is protected by it.
        return Convert.ToHexStringLower(await MD5.HashDataAsync(file));
#pragma warning restore CA5351
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
