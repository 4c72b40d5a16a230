using System.Text.Json;
using System.Text.Json.Nodes;
using Tintype.Qemu.Process;
using Tintype.Qemu.Qmp;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// The copy as QEMU's own job: <c>blockdev-backup</c> with <c>sync=top</c> into a qcow2 without a backing file. The job keeps what the guest overwrites
/// before it is overwritten, so its point in time is the moment of the command. QEMU makes the file itself, with the rights that it has.
/// </summary>
internal sealed class QemuDiskBackup : IDiskBackup
{
    /// <summary>The topmost node of a guest's root disk, as the launcher names it.</summary>
    private const string Source = "disk0";

    public async Task PrepareAsync(BackupTarget target, IGuestProcess guest, CancellationToken ct)
    {
        var qmp = guest.Qmp;
        var size = await SizeAsync(qmp, ct);
        await CreateAsync(qmp, target, new JsonObject { ["driver"] = "file", ["filename"] = target.FileName, ["size"] = 0 }, ct);
        await qmp.ExecuteAsync("blockdev-add", new JsonObject { ["driver"] = "file", ["node-name"] = target.FileNode, ["filename"] = target.FileName }, ct);
        await CreateAsync(qmp, target, new JsonObject { ["driver"] = "qcow2", ["file"] = target.FileNode, ["size"] = size }, ct);
        // An explicit null: otherwise QEMU would look into the header for a backing file.
        await qmp.ExecuteAsync("blockdev-add",
            new JsonObject { ["driver"] = "qcow2", ["node-name"] = target.Node, ["file"] = target.FileNode, ["backing"] = null }, ct);
    }

    public Task StartAsync(BackupTarget target, IGuestProcess guest, CancellationToken ct) => guest.Qmp.ExecuteAsync("blockdev-backup", new JsonObject
    {
        ["job-id"] = target.Job,
        ["device"] = Source,
        ["target"] = target.Node,
        ["sync"] = "top",
        // Its end, and its error, stay until somebody has seen them.
        ["auto-dismiss"] = false,
    }, ct);

    public async Task FinishAsync(BackupTarget target, IGuestProcess guest, CancellationToken ct)
    {
        await ConcludeAsync(guest.Qmp, target.Job, ct);
        await RemoveNodesAsync(guest.Qmp, target, ct);
    }

    public async Task AbandonAsync(BackupTarget target, IGuestProcess guest, CancellationToken ct)
    {
        // The guest's end takes all of it along.
        if (guest.Exited.IsCompleted)
            return;
        var qmp = guest.Qmp;
        if (await FindJobAsync(qmp, target.Job, ct) is { } job)
        {
            if (Text(job, "status") != "concluded")
                await qmp.ExecuteAsync("block-job-cancel", new JsonObject { ["device"] = target.Job, ["force"] = true }, ct);
            await WaitUntilConcludedAsync(qmp, target.Job, ct);
            await qmp.ExecuteAsync("job-dismiss", new JsonObject { ["id"] = target.Job }, ct);
        }

        await RemoveNodesAsync(qmp, target, ct);
    }

    // {"node-name": "disk0", "drv": "qcow2", "image": {"virtual-size": 1073741824, …}, …}
    private static async Task<long> SizeAsync(IQmpClient qmp, CancellationToken ct)
    {
        foreach (var node in await NodesAsync(qmp, ct))
        {
            if (Text(node, "node-name") == Source)
                return node.GetProperty("image").GetProperty("virtual-size").GetInt64();
        }

        throw new QmpException("query-named-block-nodes", "DeviceNotFound", $"the guest has no disk '{Source}'");
    }

    private static async Task CreateAsync(IQmpClient qmp, BackupTarget target, JsonObject options, CancellationToken ct)
    {
        await qmp.ExecuteAsync("blockdev-create", new JsonObject { ["job-id"] = target.Job, ["options"] = options }, ct);
        await ConcludeAsync(qmp, target.Job, ct);
    }

    /// <summary>Waits for the job's end and takes its result.</summary>
    private static async Task ConcludeAsync(IQmpClient qmp, string job, CancellationToken ct)
    {
        var ended = await WaitUntilConcludedAsync(qmp, job, ct);
        await qmp.ExecuteAsync("job-dismiss", new JsonObject { ["id"] = job }, ct);
        if (Text(ended, "error") is { Length: > 0 } error)
            throw new QmpException(Text(ended, "type"), "GenericError", error);
    }

    private static async Task<JsonElement> WaitUntilConcludedAsync(IQmpClient qmp, string job, CancellationToken ct)
    {
        while (true)
        {
            // Subscribed first, asked then: no change can fall between the two.
            using var unheard = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var change = qmp.WaitForAsync(e => e.Name == "JOB_STATUS_CHANGE" && Text(e.Data, "id") == job, unheard.Token);
            var found = await FindJobAsync(qmp, job, ct) ?? throw new QmpException("query-jobs", "GenericError", $"the job '{job}' has vanished");
            if (Text(found, "status") == "concluded")
            {
                await unheard.CancelAsync();
                return found;
            }

            await change;
        }
    }

    // {"id": "snapshot-…", "type": "backup", "status": "running", "current-progress": 65536, "total-progress": 1048576, "error": "…"}
    private static async Task<JsonElement?> FindJobAsync(IQmpClient qmp, string job, CancellationToken ct)
    {
        foreach (var candidate in (await qmp.ExecuteAsync("query-jobs", null, ct)).EnumerateArray())
        {
            if (Text(candidate, "id") == job)
                return candidate;
        }

        return null;
    }

    private static async Task RemoveNodesAsync(IQmpClient qmp, BackupTarget target, CancellationToken ct)
    {
        var present = (await NodesAsync(qmp, ct)).Select(n => Text(n, "node-name")).ToHashSet(StringComparer.Ordinal);
        foreach (var node in new[] { target.Node, target.FileNode })
        {
            if (present.Contains(node))
                await qmp.ExecuteAsync("blockdev-del", new JsonObject { ["node-name"] = node }, ct);
        }
    }

    private static async Task<IEnumerable<JsonElement>> NodesAsync(IQmpClient qmp, CancellationToken ct) =>
        (await qmp.ExecuteAsync("query-named-block-nodes", new JsonObject { ["flat"] = true }, ct)).EnumerateArray();

    private static string Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
