using System.Globalization;
using System.Net;
using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Snapshots;

[Collection(SnapshotCollection.Name)]
public sealed class SnapshotTests(SnapshotLab lab, ITestOutputHelper output)
{
    private Cloud Cloud => lab.Cloud;

    [Fact]
    public async Task A_guest_that_writes_and_syncs_all_the_time_is_copied_with_nothing_to_recover()
    {
        var image = await Cloud.SnapshotAsync(lab.Instance, "while-writing");

        output.WriteLine($"frozen for {Text(image, "tintype_frozen_ms")} ms");
        Assert.Equal("filesystem", Text(image, "tintype_consistency"));
        Assert.InRange(int.Parse(Text(image, "tintype_frozen_ms"), CultureInfo.InvariantCulture), 0, 5000);
        Assert.Equal(("private", "raw", "bare", "kept"), (Text(image, "visibility"), Text(image, "disk_format"), Text(image, "container_format"), Text(image, "note")));
        Assert.Equal((lab.Instance, lab.Image, "snapshot"), (Text(image, "instance_uuid"), Text(image, "base_image_ref"), Text(image, "image_type")));
        Assert.Equal(("snapshot", "available"), (Text(image, "image_location"), Text(image, "image_state")));
        Assert.Equal(("yes", "yes", "scsi", "virtio-scsi"),
            (Text(image, "os_require_quiesce"), Text(image, "hw_qemu_guest_agent"), Text(image, "hw_disk_bus"), Text(image, "hw_scsi_model")));
        Assert.Equal("ACTIVE", await Cloud.StatusAsync(lab.Instance));
        await lab.AssertWritesOnAsync();

        var saved = lab.File("while-writing.raw");
        Assert.Equal(Text(await Cloud.HashedAsync(Text(image, "id")), "checksum"), await Cloud.SaveAsync(Text(image, "id"), saved));
        var header = await SnapshotLab.OnPartitionAsync("dumpe2fs", saved, "-h");
        Assert.Contains("has_journal", header.StandardOutput, StringComparison.Ordinal);
        Assert.DoesNotContain("needs_recovery", header.StandardOutput, StringComparison.Ordinal);
        var check = await SnapshotLab.OnPartitionAsync("e2fsck", saved, "-fn");
        Assert.True(check.ExitCode == 0, check.StandardOutput + check.StandardError);
        File.Delete(saved);
    }

    [Fact]
    public async Task A_guest_that_cannot_be_quiesced_as_its_image_demands_is_refused_and_runs_on()
    {
        // Again until it has gone: one that is just starting loses the signal.
        var server = await Cloud.CreateServerAsync("no-agent", lab.Image,
            "until [ -s /run/qemu-ga.pid ]; do usleep 100000; done; while kill $(cat /run/qemu-ga.pid); do usleep 200000; done; echo AGENT-GONE.");
        await Cloud.UntilAsync(() => Cloud.ConsoleAsync(server), console => console.Contains("AGENT-GONE.", StringComparison.Ordinal));

        using var refusal = await Cloud.TryCreateImageAsync(server, "impossible");

        Assert.Equal(HttpStatusCode.Conflict, refusal.StatusCode);
        var body = JsonDocument.Parse(await refusal.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement.GetProperty("conflictingRequest");
        Assert.Equal(409, body.GetProperty("code").GetInt32());
        Assert.Contains("Install and start qemu-guest-agent in the guest", body.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(await Cloud.SnapshotsOfAsync(server));
        Assert.Null(await Cloud.TaskStateAsync(server));
        Assert.Equal("ACTIVE", await Cloud.StatusAsync(server));

        // The way out that the sentence names: it shuts itself down at the power button.
        await Cloud.ActAsync(server, "os-stop");
        await Cloud.UntilAsync(() => Cloud.StatusAsync(server), status => status == "SHUTOFF");
        Assert.Equal("offline", Text(await Cloud.SnapshotAsync(server, "stopped"), "tintype_consistency"));

        // Pulling the plug is another thing, and the image says so.
        await Cloud.ActAsync(server, "os-start");
        await Cloud.UntilAsync(() => Cloud.StatusAsync(server), status => status == "ACTIVE");
        KillGuest(server);
        await Cloud.UntilAsync(() => Cloud.StatusAsync(server), status => status == "SHUTOFF");
        Assert.Equal("crash", Text(await Cloud.SnapshotAsync(server, "unplugged"), "tintype_consistency"));
        using var gone = await Cloud.Http.DeleteAsync($"/compute/v2.1/servers/{server}", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
    }

    private void KillGuest(string server)
    {
        var pid = int.Parse(File.ReadAllText(Path.Combine(lab.Server.DataDirectory, "servers", server, "qemu.pid")), CultureInfo.InvariantCulture);
        Assert.Contains(pid, TintypeServer.GuestPids(lab.Server.DataDirectory));
        using var process = System.Diagnostics.Process.GetProcessById(pid);
        process.Kill();
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
