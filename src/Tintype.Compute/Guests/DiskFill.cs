using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.Compute.Servers;
using Tintype.Qemu.Nbd.Sockets;
using Tintype.Qemu.Process;
using Tintype.Qemu.Qmp;

namespace Tintype.Compute.Guests;

/// <summary>
/// Fetches all of a guest's image from the store that it lies in, slowly and while the guest runs, after which the guest needs the store no more.
/// <code>
/// block-stream into the cache ─► concluded ─► cache flushed ─► store's nodes removed from QEMU ─► the row says so ─► socket withdrawn
///        └── failed: the store or its server was away for too long ─► a pause, and on from where it was
/// </code>
/// The job is QEMU's: it goes on when this process ends, and the next one finds it, or what it has left. Until the row says that the disk is whole the
/// guest is started with the store below its cache; what is in the cache already is not fetched again.
/// </summary>
internal sealed class DiskFill(ServerRepository servers, IDiskSockets sockets, IOptions<ComputeOptions> options, TimeProvider time, ILogger<DiskFill> log)
{
    private const string Job = "fill-disk0";

    /// <summary>As the launcher names the layers of a guest's first disk: the overlay, the cache, the store.</summary>
    private const string Cache = "disk0-1";
    private static readonly string[] _stored = ["disk0-2", "disk0-2-file"];

    private const long Mib = 1024 * 1024;

    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(30);

    /// <summary>Returns when the disk is whole, or the guest has ended, or this process does. Never throws.</summary>
    public async Task RunAsync(Guid serverId, IGuestProcess guest)
    {
        if (options.Value.FillRate == 0)
            return;
        try
        {
            while (!await TryAsync(serverId, guest))
            {
                await Task.WhenAny(guest.Exited, Task.Delay(_pause, time));
                if (guest.Exited.IsCompleted)
                    return;
            }
        }
        catch (IOException)
        {
            // The channel has closed: the guest has ended, or is another process's from now on.
        }
#pragma warning disable CA1031 // Nobody awaits the fill; what fails here must be heard of.
        catch (Exception failed)
#pragma warning restore CA1031
        {
            GuestLog.NotFilled(log, failed, serverId);
        }
    }

    private async Task<bool> TryAsync(Guid serverId, IGuestProcess guest)
    {
        var qmp = guest.Qmp;
        try
        {
            var nodes = await NodesAsync(qmp);
            if (nodes.Contains(_stored[0]))
            {
                if (await FindJobAsync(qmp) is null)
                    await BeginAsync(qmp);
                await ConcludeAsync(qmp);
            }

            await FlushAsync(qmp);
            foreach (var node in _stored.Where(nodes.Contains))
                await qmp.ExecuteAsync("blockdev-del", new JsonObject { ["node-name"] = node }, CancellationToken.None);
        }
        catch (QmpException failed)
        {
            GuestLog.NotFilled(log, failed, serverId);
            return false;
        }

        await servers.MarkDiskWholeAsync(serverId, CancellationToken.None);
        await sockets.WithdrawAsync(guest.Directory);
        GuestLog.Filled(log, serverId);
        return true;
    }

    // QEMU says that the job is done when the data are in its own memory, and the kernel's. Of its commands this one alone flushes a node.
    private static async Task FlushAsync(IQmpClient qmp)
    {
        var said = await qmp.ExecuteAsync("human-monitor-command", new JsonObject { ["command-line"] = $"qemu-io {Cache} flush" }, CancellationToken.None);
        if (said.ValueKind == JsonValueKind.String && said.GetString()!.Trim() is { Length: > 0 } complaint)
            throw new QmpException("qemu-io flush", "GenericError", complaint);
    }

    private async Task BeginAsync(IQmpClient qmp) => await qmp.ExecuteAsync("block-stream", new JsonObject
    {
        ["job-id"] = Job,
        ["device"] = Cache,
        ["speed"] = options.Value.FillRate * Mib,
        // Its end, and its error, stay until somebody has seen them.
        ["auto-dismiss"] = false,
    }, CancellationToken.None);

    /// <summary>Waits for the job's end and takes its result.</summary>
    private static async Task ConcludeAsync(IQmpClient qmp)
    {
        while (true)
        {
            // Subscribed first, asked then: no change can fall between the two.
            using var unheard = new CancellationTokenSource();
            var change = qmp.WaitForAsync(e => e.Name == "JOB_STATUS_CHANGE" && Text(e.Data, "id") == Job, unheard.Token);
            var job = await FindJobAsync(qmp) ?? throw new QmpException("query-jobs", "GenericError", $"the job '{Job}' has vanished");
            if (Text(job, "status") != "concluded")
            {
                await change;
                continue;
            }

            await unheard.CancelAsync();
            await ((Task)change).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await qmp.ExecuteAsync("job-dismiss", new JsonObject { ["id"] = Job }, CancellationToken.None);
            if (Text(job, "error") is { Length: > 0 } error)
                throw new QmpException("block-stream", "GenericError", error);
            return;
        }
    }

    // {"id": "fill-disk0", "type": "stream", "status": "running", "current-progress": 65536, "total-progress": 1048576, "error": "…"}
    private static async Task<JsonElement?> FindJobAsync(IQmpClient qmp)
    {
        foreach (var candidate in (await qmp.ExecuteAsync("query-jobs", null, CancellationToken.None)).EnumerateArray())
        {
            if (Text(candidate, "id") == Job)
                return candidate;
        }

        return null;
    }

    private static async Task<IReadOnlySet<string>> NodesAsync(IQmpClient qmp) =>
        (await qmp.ExecuteAsync("query-named-block-nodes", new JsonObject { ["flat"] = true }, CancellationToken.None)).EnumerateArray()
            .Select(node => Text(node, "node-name")).ToHashSet(StringComparer.Ordinal);

    private static string Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()! : "";
}
