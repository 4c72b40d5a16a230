using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Tintype.Qemu.Nbd;
using Tintype.Qemu.Nbd.Sockets;
using Tintype.Qemu.Process;
using Tintype.Qemu.Qmp;

namespace Tintype.Qemu.Disks;

/// <summary>
/// A disk chain served read-only over NBD to this process alone, by a QEMU that has no machine: so the parsers of strangers' formats
/// get the same confinement and system call filter as a guest, which the stand-alone exporters do not have.
/// </summary>
internal sealed class DiskExport : IDiskReader
{
    private const string Node = "disk";
    private const string LogName = "qemu.log";
    private static readonly TimeSpan _startLimit = TimeSpan.FromSeconds(30);

    // Room for the tables of disks of many terabytes; a hostile header asks for more. It writes nothing but its log.
    private static readonly ProcessLimits _limits = new(AddressSpace: 1L << 30, FileSize: 16L << 20);

    private readonly string _directory;
    private readonly Confinement _confinement;
    private readonly System.Diagnostics.Process _process;
    private readonly IDiskSockets? _sockets;
    private NbdClient? _client;

    private DiskExport(Confinement confinement, IReadOnlyList<DiskLayer> layers, IDiskSockets? sockets)
    {
        _directory = confinement.Directory;
        _confinement = confinement;
        _sockets = sockets;
        _process = Launch(confinement, layers);
    }

    public long Length => _client!.Length;

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct) => _client!.ReadAsync(offset, buffer, ct);

    public IAsyncEnumerable<DiskExtent> ExtentsAsync(CancellationToken ct) => _client!.ExtentsAsync(ct);

    /// <param name="sockets">Gives stored layers.</param>
    public static Task<DiskExport> StartAsync(string parent, IReadOnlyList<DiskLayer> layers, uint uid, IDiskSockets? sockets, CancellationToken ct) =>
        StartAsync(parent, layers, uid, sockets, (export, qmp, inner) => export.ServeAsync(qmp, bitmap: null, inner), ct);

    /// <summary>The overlay alone; by its bitmap if there is such a one that can be trusted.</summary>
    public static async Task<IChangedDisk> StartOverlayAsync(string parent, DiskLayer overlay, string? bitmap, uint uid, CancellationToken ct)
    {
        NbdClient? map = null;
        var trusted = false;
        var export = await StartAsync(parent, [overlay], uid, sockets: null, async (export, qmp, inner) =>
        {
            trusted = bitmap is not null && DirtyBitmap.On(Node, await qmp.ExecuteAsync("query-named-block-nodes", new JsonObject { ["flat"] = true }, inner))
                .Any(b => b.Name == bitmap && b.IsTrusted);
            await export.ServeAsync(qmp, trusted ? bitmap : null, inner);
            map = await NbdClient.ConnectAsync(export.NbdSocket, Node, trusted ? new NbdFacts(Zeros: false, Bitmap: bitmap) : new NbdFacts(Zeros: false, Depth: true), inner);
        }, ct);
        return new ChangedDisk(map!, export._client!, trusted ? bitmap : null, ownLayers: 1, export);
    }

    private static async Task<DiskExport> StartAsync(string parent, IReadOnlyList<DiskLayer> layers, uint uid, IDiskSockets? sockets,
        Func<DiskExport, QmpClient, CancellationToken, Task> serve, CancellationToken ct)
    {
        var directory = Path.Combine(parent, Guid.NewGuid().ToString("N")[..12]);
        OwnedDirectory.Create(directory, uid);
        // It connects to us: the wait for it is an accept, and its death the end of its process.
        var control = Path.Combine(directory, "control.sock");
        using var listener = UnixSocket.Listen(control);
        OwnedDirectory.Give(control, uid);

        if (layers.Where(layer => layer.IsStored).Select(layer => layer.Path).ToList() is { Count: > 0 } stored)
            await OfferAsync(directory, uid, stored, sockets, ct);
        var export = new DiskExport(new Confinement(directory, uid, LogName, Limits: _limits), layers, sockets);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(_startLimit);
            await export.ConnectAsync(listener, serve, limit.Token);
            return export;
        }
        catch (Exception failed) when (failed is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            var said = await export.EndAsync();
            await export.DisposeAsync();
            throw new DiskToolException($"The disk could not be opened for reading: {(said.Length > 0 ? said : failed.Message)}", failed);
        }
        catch
        {
            await export.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends what exports an earlier server process has left, and removes their directories.</summary>
    public static async Task SweepAsync(string parent, IDiskSockets? sockets)
    {
        if (!Directory.Exists(parent))
            return;
        foreach (var directory in Directory.EnumerateDirectories(parent))
        {
            if (OwnedDirectory.ProcessIn(directory, Path.Combine(directory, "qemu.pid")) is { } orphan)
            {
                using (orphan)
                {
                    orphan.Kill();
                    await orphan.WaitForEndAsync(CancellationToken.None);
                }
            }

            if (sockets is not null)
                await sockets.WithdrawAsync(directory);
            Directory.Delete(directory, recursive: true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
            await _client.DisposeAsync();
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        if (_sockets is not null)
            await _sockets.WithdrawAsync(_directory);
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task OfferAsync(string directory, uint uid, IReadOnlyList<string> stored, IDiskSockets? sockets, CancellationToken ct)
    {
        try
        {
            await (sockets ?? throw new DiskToolException("The disk lies in a store, and there is nobody to give it.")).OfferAsync(directory, uid, stored, ct);
        }
        catch
        {
            Directory.Delete(directory, recursive: true);
            throw;
        }
    }

    private static System.Diagnostics.Process Launch(Confinement confinement, IReadOnlyList<DiskLayer> layers)
    {
        var descriptors = new List<string>();
        var nodes = BlockChain.Nodes(layers, Node, writable: false, layer =>
        {
            var descriptor = confinement.HandOver(layer.Path);
            descriptors.AddRange(["-add-fd", string.Create(CultureInfo.InvariantCulture, $"fd={descriptor},set={descriptor}")]);
            return string.Create(CultureInfo.InvariantCulture, $"/dev/fdset/{descriptor}");
        });
        return confinement.Start("qemu-system-x86_64",
        [
            // No guest runs: the translator, which sets a gigabyte aside otherwise, is told to make do with a megabyte.
            "-machine", "none", "-accel", "tcg,tb-size=1", "-nodefaults", "-no-user-config", "-display", "none",
            "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            .. descriptors,
            .. nodes.SelectMany(node => new[] { "-blockdev", node.ToJsonString() }),
            "-chardev", "socket,id=control,path=control.sock", "-mon", "chardev=control,mode=control",
        ]);
    }

    private string NbdSocket => Path.Combine(_directory, "nbd.sock");

    private async Task ConnectAsync(Socket listener, Func<DiskExport, QmpClient, CancellationToken, Task> serve, CancellationToken ct)
    {
        var accepted = listener.AcceptAsync(ct).AsTask();
        if (await Task.WhenAny(accepted, _process.WaitForExitAsync(ct)) != accepted)
            throw new DiskToolException("QEMU ended.");
        await using var qmp = await QmpClient.StartAsync(new NetworkStream(await accepted, ownsSocket: true), ct);
        await serve(this, qmp, ct);
    }

    private async Task ServeAsync(QmpClient qmp, string? bitmap, CancellationToken ct)
    {
        await qmp.ExecuteAsync("nbd-server-start", new JsonObject
        {
            ["addr"] = new JsonObject { ["type"] = "unix", ["data"] = new JsonObject { ["path"] = "nbd.sock" } },
            // Who reads, and who asks for the map.
            ["max-connections"] = 2,
        }, ct);
        var export = new JsonObject
        {
            ["type"] = "nbd", ["id"] = "export", ["node-name"] = Node, ["name"] = Node, ["writable"] = false, ["allocation-depth"] = true,
        };
        if (bitmap is not null)
            export["bitmaps"] = new JsonArray(bitmap);
        await qmp.ExecuteAsync("block-export-add", export, ct);
        _client = await NbdClient.ConnectAsync(NbdSocket, Node, ct);
    }

    private async Task<string> EndAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        return await _confinement.SaidAsync(_process);
    }
}
