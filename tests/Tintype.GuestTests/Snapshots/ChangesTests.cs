using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Snapshots;

/// <summary>What a snapshot reads, stores and takes over, on a guest that has written 16 MiB of noise.</summary>
[Collection(SnapshotCollection.Name)]
public sealed partial class ChangesTests(SnapshotLab lab, ITestOutputHelper output)
{
    private const long Mib = 1024 * 1024;

    private Cloud Cloud => lab.Cloud;

    [Fact]
    public async Task Each_snapshot_stores_what_has_changed_and_is_exact_also_after_a_kill_of_qemu()
    {
        var server = await Cloud.CreateServerAsync("noise", lab.Image, "dd if=/dev/urandom of=/root/noise bs=1048576 count=16; sync; echo NOISE-IS-THERE.");
        await Cloud.UntilAsync(() => Cloud.ConsoleAsync(server), console => console.Contains("NOISE-IS-THERE.", StringComparison.Ordinal));
        await lab.BootedAsync(server);

        var first = await SnapshotAsync(server, "noise-1");
        Assert.InRange(await AddedAsync(first), 16 * Mib, (16 + 8) * Mib);
        var second = await SnapshotAsync(server, "noise-2");
        Assert.InRange(await AddedAsync(second), 0, 4 * Mib);

        // The bitmap was not saved: what the overlay holds decides, from the image on, and what is stored already is not stored again.
        await KillGuestAsync(server);
        await Cloud.ActAsync(server, "os-start");
        await Cloud.UntilAsync(() => Cloud.StatusAsync(server), status => status == "ACTIVE");
        await Cloud.UntilAsync(() => Cloud.ConsoleAsync(server), console => Regex.Count(console, "tintype-demo: boot") >= 2);
        await Cloud.DeleteImageAsync(second);
        var third = await SnapshotAsync(server, "noise-3");
        Assert.InRange(await AddedAsync(third), 0, 8 * Mib);
        await AssertCleanAsync(third);

        // By the bitmap that began with the third; its image's deletion changes nothing.
        await Cloud.DeleteImageAsync(third);
        await Cloud.ActAsync(server, "os-stop");
        await Cloud.UntilAsync(() => Cloud.StatusAsync(server), status => status == "SHUTOFF");
        var stopped = await SnapshotAsync(server, "noise-stopped");
        Assert.InRange(await AddedAsync(stopped), 0, 4 * Mib);
        await AssertIsDiskOfAsync(server, stopped);
        using var gone = await Cloud.Http.DeleteAsync($"/compute/v2.1/servers/{server}", TestContext.Current.CancellationToken);
    }

    private async Task<string> SnapshotAsync(string server, string name) => Text(await Cloud.SnapshotAsync(server, name), "id");

    // "Image … is active: … for which the store has grown by N; …", then "Image … is active: … captured in N ms, …". The server's output comes when it comes.
    private async Task<long> AddedAsync(string image)
    {
        var lines = await Cloud.UntilAsync(
            () => Task.FromResult(lab.Server.Output.Split('\n').Where(line => line.Contains(image, StringComparison.Ordinal)).ToList()),
            found => found.Exists(line => line.Contains("captured in", StringComparison.Ordinal)));
        lines.ForEach(output.WriteLine);
        return long.Parse(Grown().Match(Assert.Single(lines, Grown().IsMatch)).Groups[1].ValueSpan, CultureInfo.InvariantCulture);
    }

    private async Task AssertCleanAsync(string image)
    {
        var saved = lab.File("changes.raw");
        Assert.Equal(Text(await Cloud.HashedAsync(image), "checksum"), await Cloud.SaveAsync(image, saved));
        var check = await SnapshotLab.OnPartitionAsync("e2fsck", saved, "-fn");
        Assert.True(check.ExitCode == 0, check.StandardOutput + check.StandardError);
        File.Delete(saved);
    }

    private async Task AssertIsDiskOfAsync(string server, string image)
    {
        var saved = lab.File("changes.raw");
        await Cloud.SaveAsync(image, saved);
        var overlay = Path.Combine(lab.Server.DataDirectory, "servers", server, "disk.qcow2");
        var compared = await Cli.Wrap("qemu-img").WithArguments(["compare", "-f", "raw", "-F", "qcow2", saved, overlay])
            .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(TestContext.Current.CancellationToken);
        Assert.Equal((0, "Images are identical.\n"), (compared.ExitCode, compared.StandardOutput + compared.StandardError));
        File.Delete(saved);
    }

    private async Task KillGuestAsync(string server)
    {
        var pid = int.Parse(await File.ReadAllTextAsync(Path.Combine(lab.Server.DataDirectory, "servers", server, "qemu.pid")), CultureInfo.InvariantCulture);
        Assert.Contains(pid, TintypeServer.GuestPids(lab.Server.DataDirectory));
        using (var process = System.Diagnostics.Process.GetProcessById(pid))
            process.Kill();
        await Cloud.UntilAsync(() => Cloud.StatusAsync(server), status => status == "SHUTOFF");
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    [GeneratedRegex("has grown by ([0-9]+)")]
    private static partial Regex Grown();
}
