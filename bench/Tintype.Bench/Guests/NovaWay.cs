using System.Diagnostics;
using System.Text.Json.Nodes;
using CliWrap;
using CliWrap.Buffered;
using Tintype.Bench.Clients;
using Tintype.Bench.Contestants;
using Tintype.Qemu.Process;
using Tintype.Qemu.Qmp;
using Tintype.TestSupport;

namespace Tintype.Bench.Guests;

/// <summary>
/// What Nova does to a running guest, without Nova: a live point in time, <c>qemu-img convert</c> of the disk to one flat qcow2, upload of that to the real Glance.
/// Each step in its fastest form: the point in time by a further layer, which copies nothing (Nova has the guest's layer copied first); nothing is waited for
/// but the steps themselves; the kernel sends the file.
/// </summary>
internal sealed class NovaWay(GlanceService glance, TemporaryDirectory folder)
{
    private const string Node = "nova";
    private const string File = "nova-file";
    private const string FileName = "nova.qcow2";

    /// <returns>Seconds until the image is active.</returns>
    public async Task<double> RunAsync(BenchGuest guest, CancellationToken ct)
    {
        BenchContext.Settle();
        var flat = folder.Combine("flat.qcow2");
        using var client = glance.Client();
        await using var qmp = await QmpClient.ConnectAsync(Path.Combine(guest.Directory, GuestFiles.QmpSocket), ct);
        try
        {
            var started = Stopwatch.GetTimestamp();
            await AddLayerAsync(qmp, ct);
            await guest.FrozenAsync(() => qmp.ExecuteAsync("blockdev-snapshot", new JsonObject { ["node"] = "disk0", ["overlay"] = Node }, ct), ct);
            await Cli.Wrap("qemu-img").WithArguments(["convert", "-U", "-f", "qcow2", "-O", "qcow2", Path.Combine(guest.Directory, "disk.qcow2"), flat]).ExecuteBufferedAsync(ct);
            var image = await client.CreateImageAsync(ct);
            await Streams.RunAsync(1, _ =>
            {
                using var wire = new WireClient(glance.Images);
                return wire.PutFile(glance.FilePath(image), glance.Token, flat);
            });
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            await client.DeleteImageAsync(image, ct);
            return seconds;
        }
        finally
        {
            await RemoveLayerAsync(qmp);
            System.IO.File.Delete(Path.Combine(guest.Directory, FileName));
            System.IO.File.Delete(flat);
            await guest.LetGoAsync();
        }
    }

    private static async Task AddLayerAsync(QmpClient qmp, CancellationToken ct)
    {
        var disk = (await NodesAsync(qmp, ct)).First(node => node.Name == "disk0");
        await JobAsync(qmp, "blockdev-create", new JsonObject { ["options"] = new JsonObject { ["driver"] = "file", ["filename"] = FileName, ["size"] = 0 } }, ct);
        await qmp.ExecuteAsync("blockdev-add", new JsonObject { ["driver"] = "file", ["node-name"] = File, ["filename"] = FileName, ["discard"] = "unmap" }, ct);
        await JobAsync(qmp, "blockdev-create", new JsonObject { ["options"] = new JsonObject { ["driver"] = "qcow2", ["file"] = File, ["size"] = disk.Size } }, ct);
        await qmp.ExecuteAsync("blockdev-add", new JsonObject { ["driver"] = "qcow2", ["node-name"] = Node, ["file"] = File, ["backing"] = null, ["discard"] = "unmap" }, ct);
    }

    // Back into the guest's own layer.
    private static async Task RemoveLayerAsync(QmpClient qmp)
    {
        var nodes = (await NodesAsync(qmp, CancellationToken.None)).Select(node => node.Name).ToHashSet();
        if (!nodes.Contains(Node))
            return;
        var ready = qmp.WaitForAsync(e => e.Name == "BLOCK_JOB_READY", CancellationToken.None);
        var ended = qmp.WaitForAsync(e => e.Name == "BLOCK_JOB_COMPLETED", CancellationToken.None);
        await qmp.ExecuteAsync("block-commit", new JsonObject { ["job-id"] = Node, ["device"] = Node, ["base-node"] = "disk0" }, CancellationToken.None);
        await ready;
        await qmp.ExecuteAsync("job-complete", new JsonObject { ["id"] = Node }, CancellationToken.None);
        await ended;
        await qmp.ExecuteAsync("blockdev-del", new JsonObject { ["node-name"] = Node }, CancellationToken.None);
        await qmp.ExecuteAsync("blockdev-del", new JsonObject { ["node-name"] = File }, CancellationToken.None);
    }

    private static async Task JobAsync(QmpClient qmp, string command, JsonObject arguments, CancellationToken ct)
    {
        arguments["job-id"] = Node;
        var concluded = qmp.WaitForAsync(e => e.Name == "JOB_STATUS_CHANGE" && e.Data.GetProperty("id").GetString() == Node && e.Data.GetProperty("status").GetString() == "concluded", ct);
        await qmp.ExecuteAsync(command, arguments, ct);
        await concluded;
        await qmp.ExecuteAsync("job-dismiss", new JsonObject { ["id"] = Node }, ct);
    }

    private static async Task<IReadOnlyList<(string? Name, long Size)>> NodesAsync(QmpClient qmp, CancellationToken ct) =>
        [.. (await qmp.ExecuteAsync("query-named-block-nodes", new JsonObject { ["flat"] = true }, ct)).EnumerateArray()
            .Select(node => (node.GetProperty("node-name").GetString(), node.GetProperty("image").GetProperty("virtual-size").GetInt64()))];
}
