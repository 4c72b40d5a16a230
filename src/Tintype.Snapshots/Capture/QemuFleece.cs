using System.Text.Json;
using System.Text.Json.Nodes;
using Tintype.Compute.Bases;
using Tintype.Qemu.Disks;
using Tintype.Qemu.Nbd;
using Tintype.Qemu.Process;
using Tintype.Qemu.Qmp;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// Image fleecing, as QEMU calls it:
/// <code>
/// guest ─► copy-before-write ─► disk0 ─► what it was made of
///                 │               ▲
///                 └─► fleece ─────┘ its backing      NBD ◄─ fleece, with disk0's bitmap
/// </code>
/// <c>blockdev-backup</c> with <c>sync=none</c> copies what the guest overwrites into the fleece before it is overwritten, and nothing else; so the fleece, over the disk,
/// reads as the disk was at the moment of the command, and QEMU keeps who reads it and who writes below from meeting. In one transaction with it one
/// bitmap stops and the next begins: no write falls between them, or into both.
/// </summary>
internal sealed class QemuFleece : IDiskFleece
{
    /// <summary>The topmost node of a guest's root disk, as the launcher names it.</summary>
    private const string Source = "disk0";

    private const string Export = "snapshot";

    /// <summary>What holds the guest's own changes: the fleece, and the disk below it.</summary>
    private const int OwnLayers = 2;

    public async Task<FleeceBitmaps> PrepareAsync(FleeceTarget target, ServerCheckpoint? checkpoint, IGuestProcess guest, CancellationToken ct)
    {
        var qmp = guest.Qmp;
        var nodes = await NodesAsync(qmp, ct);
        var size = SizeOf(nodes);
        await CreateAsync(qmp, target, new JsonObject { ["driver"] = "file", ["filename"] = target.FileName, ["size"] = 0 }, ct);
        await qmp.ExecuteAsync("blockdev-add", Throwaway(new JsonObject { ["driver"] = "file", ["node-name"] = target.FileNode, ["filename"] = target.FileName }), ct);
        await CreateAsync(qmp, target, new JsonObject { ["driver"] = "qcow2", ["file"] = target.FileNode, ["size"] = size }, ct);
        await qmp.ExecuteAsync("blockdev-add",
            Throwaway(new JsonObject { ["driver"] = "qcow2", ["node-name"] = target.Node, ["file"] = target.FileNode, ["backing"] = Source }), ct);
        await qmp.ExecuteAsync("nbd-server-start", new JsonObject
        {
            ["addr"] = new JsonObject { ["type"] = "unix", ["data"] = new JsonObject { ["path"] = target.SocketName } },
            // Who reads, and who asks for the map.
            ["max-connections"] = 2,
        }, ct);
        var bitmaps = DirtyBitmap.On(Source, nodes);
        var trusted = checkpoint is not null && bitmaps.Any(b => b.Name == checkpoint.Bitmap && b.IsTrusted);
        // Not the checkpoint's name either: an old bitmap that was lost must never be taken for a new one.
        return new FleeceBitmaps(trusted ? checkpoint!.Bitmap : null,
            CheckpointBitmap.After([.. bitmaps.Select(b => b.Name), .. checkpoint is null ? [] : new[] { checkpoint.Bitmap }]));
    }

    public Task StartAsync(FleeceTarget target, FleeceBitmaps bitmaps, IGuestProcess guest, CancellationToken ct) => guest.Qmp.ExecuteAsync("transaction", new JsonObject
    {
        ["actions"] = new JsonArray(
        [
            Action("block-dirty-bitmap-add", new JsonObject { ["node"] = Source, ["name"] = bitmaps.Next, ["persistent"] = true, ["granularity"] = DirtyBitmap.Granularity }),
            .. bitmaps.Frozen is null ? [] : new[] { Action("block-dirty-bitmap-disable", Bitmap(bitmaps.Frozen)) },
            Action("blockdev-backup", new JsonObject
            {
                ["job-id"] = target.Job,
                ["device"] = Source,
                ["target"] = target.Node,
                ["sync"] = "none",
                // Its end stays until somebody has seen it.
                ["auto-dismiss"] = false,
            }),
        ]),
    }, ct);

    public async Task<bool> IsHeldAsync(FleeceTarget target, IGuestProcess guest, CancellationToken ct) =>
        !guest.Exited.IsCompleted && await FindJobAsync(guest.Qmp, target.Job, ct) is { } job && Text(job, "status") is "running" or "ready" or "paused";

    public async Task<IChangedDisk> OpenAsync(FleeceTarget target, FleeceBitmaps bitmaps, IGuestProcess guest, CancellationToken ct)
    {
        var export = new JsonObject
        {
            ["type"] = "nbd", ["id"] = target.Job, ["node-name"] = target.Node, ["name"] = Export, ["writable"] = false, ["allocation-depth"] = true,
        };
        if (bitmaps.Frozen is { } frozen)
            export["bitmaps"] = new JsonArray(frozen);
        // What an interrupted reader has left.
        await RemoveExportAsync(guest.Qmp, target, ct);
        await guest.Qmp.ExecuteAsync("block-export-add", export, ct);
        var socket = Path.Combine(target.Directory, target.SocketName);
        var map = await NbdClient.ConnectAsync(socket, Export, bitmaps.Frozen is null ? new NbdFacts(Zeros: false, Depth: true) : new NbdFacts(Zeros: false, Bitmap: bitmaps.Frozen), ct);
        try
        {
            return new ChangedDisk(map, await NbdClient.ConnectAsync(socket, Export, new NbdFacts(), ct), bitmaps.Frozen, OwnLayers);
        }
        catch
        {
            await map.DisposeAsync();
            throw;
        }
    }

    public async Task EndAsync(FleeceTarget target, FleeceBitmaps bitmaps, IGuestProcess guest, CancellationToken ct)
    {
        // The guest's end takes all of it along.
        if (guest.Exited.IsCompleted)
            return;
        await LetGoAsync(guest.Qmp, target, ct);
        foreach (var old in DirtyBitmap.On(Source, await NodesAsync(guest.Qmp, ct)).Where(b => b.Name != bitmaps.Next && CheckpointBitmap.TryParse(b.Name, out _)))
            await guest.Qmp.ExecuteAsync("block-dirty-bitmap-remove", Bitmap(old.Name), ct);
    }

    public async Task AbandonAsync(FleeceTarget target, FleeceBitmaps? bitmaps, IGuestProcess guest, CancellationToken ct)
    {
        if (guest.Exited.IsCompleted)
            return;
        await LetGoAsync(guest.Qmp, target, ct);
        if (bitmaps is null || DirtyBitmap.On(Source, await NodesAsync(guest.Qmp, ct)).All(b => b.Name != bitmaps.Next))
            return;
        await guest.Qmp.ExecuteAsync("transaction", new JsonObject
        {
            ["actions"] = new JsonArray(
            [
                .. bitmaps.Frozen is not { } frozen ? [] : new[]
                {
                    Action("block-dirty-bitmap-enable", Bitmap(frozen)),
                    Action("block-dirty-bitmap-merge", new JsonObject { ["node"] = Source, ["target"] = frozen, ["bitmaps"] = new JsonArray(bitmaps.Next) }),
                },
                Action("block-dirty-bitmap-remove", Bitmap(bitmaps.Next)),
            ]),
        }, ct);
    }

    private static async Task LetGoAsync(IQmpClient qmp, FleeceTarget target, CancellationToken ct)
    {
        await RemoveExportAsync(qmp, target, ct);
        await StopServingAsync(qmp, ct);
        if (await FindJobAsync(qmp, target.Job, ct) is { } job)
        {
            if (Text(job, "status") != "concluded")
                await qmp.ExecuteAsync("block-job-cancel", new JsonObject { ["device"] = target.Job, ["force"] = true }, ct);
            await WaitUntilConcludedAsync(qmp, target.Job, ct);
            await qmp.ExecuteAsync("job-dismiss", new JsonObject { ["id"] = target.Job }, ct);
        }

        var present = (await NodesAsync(qmp, ct)).EnumerateArray().Select(n => Text(n, "node-name")).ToHashSet(StringComparer.Ordinal);
        foreach (var node in new[] { target.Node, target.FileNode })
        {
            if (present.Contains(node))
                await qmp.ExecuteAsync("blockdev-del", new JsonObject { ["node-name"] = node }, ct);
        }
    }

    // A bitmap is free again only when its export has gone, which is after its last request.
    private static async Task RemoveExportAsync(IQmpClient qmp, FleeceTarget target, CancellationToken ct)
    {
        if (!(await qmp.ExecuteAsync("query-block-exports", null, ct)).EnumerateArray().Any(e => Text(e, "id") == target.Job))
            return;
        using var unheard = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var gone = qmp.WaitForAsync(e => e.Name == "BLOCK_EXPORT_DELETED" && Text(e.Data, "id") == target.Job, unheard.Token);
        try
        {
            await qmp.ExecuteAsync("block-export-del", new JsonObject { ["id"] = target.Job, ["mode"] = "hard" }, ct);
            await gone;
        }
        finally
        {
            await unheard.CancelAsync();
        }
    }

    private static async Task StopServingAsync(IQmpClient qmp, CancellationToken ct)
    {
        try
        {
            await qmp.ExecuteAsync("nbd-server-stop", null, ct);
        }
        catch (QmpException refused) when (refused.Description.Contains("not running", StringComparison.Ordinal))
        {
            // It is asked for whether or not it had been started: there is no question that would tell.
        }
    }

    // Nobody needs it after a power cut, so nobody waits for it to be on the disk.
    private static JsonObject Throwaway(JsonObject node)
    {
        node["cache"] = new JsonObject { ["direct"] = false, ["no-flush"] = true };
        return node;
    }

    private static JsonObject Action(string type, JsonObject data) => new() { ["type"] = type, ["data"] = data };

    private static JsonObject Bitmap(string name) => new() { ["node"] = Source, ["name"] = name };

    // {"node-name": "disk0", "drv": "qcow2", "image": {"virtual-size": 1073741824, …}, …}
    private static long SizeOf(JsonElement nodes)
    {
        foreach (var node in nodes.EnumerateArray())
        {
            if (Text(node, "node-name") == Source)
                return node.GetProperty("image").GetProperty("virtual-size").GetInt64();
        }

        throw new QmpException("query-named-block-nodes", "DeviceNotFound", $"the guest has no disk '{Source}'");
    }

    private static async Task CreateAsync(IQmpClient qmp, FleeceTarget target, JsonObject options, CancellationToken ct)
    {
        await qmp.ExecuteAsync("blockdev-create", new JsonObject { ["job-id"] = target.Job, ["options"] = options }, ct);
        var ended = await WaitUntilConcludedAsync(qmp, target.Job, ct);
        await qmp.ExecuteAsync("job-dismiss", new JsonObject { ["id"] = target.Job }, ct);
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

    private static Task<JsonElement> NodesAsync(IQmpClient qmp, CancellationToken ct) =>
        qmp.ExecuteAsync("query-named-block-nodes", new JsonObject { ["flat"] = true }, ct);

    private static string Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
