using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tintype.Compute.Hosts;
using Tintype.Compute.Servers;
using Tintype.Images.Data;
using Tintype.Platform.Database;
using Tintype.Qemu.Disks;
using Tintype.Qemu.GuestAgent;
using Tintype.Qemu.Process;
using Tintype.Qemu.Nbd.Sockets;
using Tintype.Qemu.Qmp;
using Tintype.Storage;

namespace Tintype.Tests.Compute;

internal sealed class FakeMemory : IHostMemory
{
    public long Mib { get; set; }

    public Dictionary<int, long> Resident { get; } = [];

    public long Available() => Mib;

    public long ResidentOf(int pid) => Resident.GetValueOrDefault(pid);
}

internal sealed class FakeHost : IGuestHost
{
    public string? UnavailableBecause { get; set; }

    /// <summary>The leases that have not been given back.</summary>
    public int Leased { get; private set; }

    public IsolationLease LeaseIsolation()
    {
        Leased++;
        return new IsolationLease(200_000, () => Leased--);
    }
}

/// <summary>Guests by their directory; they outlive a server process, as QEMU does.</summary>
internal sealed class FakeLauncher : IGuestLauncher
{
    public Dictionary<string, FakeGuestProcess> Running { get; } = [];

    public List<GuestSpec> Started { get; } = [];

    public string? Refusal { get; set; }

    /// <summary>Awaited by each start before the guest is there.</summary>
    public Func<CancellationToken, Task> BeforeStart { get; set; } = _ => Task.CompletedTask;

    public async Task<IGuestProcess> StartAsync(GuestSpec spec, CancellationToken ct)
    {
        await BeforeStart(ct);
        if (Refusal is not null)
            throw new GuestStartException(Refusal);
        Started.Add(spec);
        var guest = Running[spec.Directory] = new FakeGuestProcess(spec.Directory, () => Running.Remove(spec.Directory), spec.AgentChannel);
        foreach (var depth in Enumerable.Range(1, spec.Disks is [var disk, ..] ? disk.Layers.Count - 1 : 0))
            guest.Nodes.AddRange([$"disk0-{depth}", $"disk0-{depth}-file"]);
        return guest;
    }

    public Task<IGuestProcess?> AttachAsync(string directory, CancellationToken ct) =>
        Task.FromResult<IGuestProcess?>(Running.GetValueOrDefault(directory)?.Reattach());
}

/// <summary>Sockets by their directory; they outlive a server process, unless the test says that their keeper has gone too.</summary>
internal sealed class FakeSockets : IDiskSockets
{
    public Dictionary<string, IReadOnlyList<string>> Offered { get; } = [];

    public bool Resumed { get; private set; }

    public Task ResumeAsync(CancellationToken ct)
    {
        Resumed = true;
        return Task.CompletedTask;
    }

    public Task OfferAsync(string directory, uint uid, IReadOnlyList<string> exports, CancellationToken ct)
    {
        Offered[directory] = exports;
        return Task.CompletedTask;
    }

    public bool IsOffered(string directory) => Offered.ContainsKey(directory);

    public Task WithdrawAsync(string directory)
    {
        Offered.Remove(directory);
        return Task.CompletedTask;
    }
}

/// <summary>A guest that does as it is told, or does not, as the test says.</summary>
internal sealed class FakeGuestProcess(string directory, Action onEnd, bool hasAgent) : IGuestProcess, IQmpClient, IGuestAgent
{
    private TaskCompletionSource<GuestExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<QmpEvent> _event = new();

    public bool AgentAnswers { get; set; } = true;
    public bool HeedsAgent { get; set; } = true;
    public bool HeedsPowerButton { get; set; } = true;
    public bool HeedsControlAltDelete { get; set; } = true;
    public Exception? Unkillable { get; set; }

    /// <summary>What it was told, in order.</summary>
    public List<string> Told { get; } = [];

    /// <summary>The nodes below its disk, by name: JSON of query-named-block-nodes.</summary>
    public List<string> Nodes { get; } = ["disk0"];

    /// <summary>How the stream into its cache ends: with this error, once each, and then well.</summary>
    public Queue<string> StreamErrors { get; } = [];

    /// <summary>The job, concluded as it is, with its error; null if there is none.</summary>
    public string? StreamEnd { get; set; }

    public int Pid => 4711;
    public string Directory => directory;
    public IQmpClient Qmp => this;
    public IGuestAgent? Agent => hasAgent ? this : null;
    public Task<GuestExit> Exited => _exited.Task;

    public void End(GuestExitKind kind, string? reason = null)
    {
        onEnd();
        _exited.TrySetResult(new GuestExit(kind, reason));
    }

    /// <summary>As a new server process sees it.</summary>
    public FakeGuestProcess Reattach()
    {
        _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return this;
    }

    public Task KillAsync(CancellationToken ct)
    {
        if (Unkillable is not null)
            throw Unkillable;
        Told.Add("kill");
        End(GuestExitKind.Forced);
        return Task.CompletedTask;
    }

    public Task<JsonElement> ExecuteAsync(string command, JsonObject? arguments, CancellationToken ct)
    {
        Told.Add(command);
        switch (command)
        {
            case "query-named-block-nodes":
                return Answer(new JsonArray([.. Nodes.Select(n => (JsonNode)new JsonObject { ["node-name"] = n })]));
            case "query-jobs":
                return Answer(StreamEnd is null ? [] : new JsonArray(new JsonObject { ["id"] = "fill-disk0", ["status"] = "concluded", ["error"] = StreamEnd }));
            case "block-stream":
                StreamEnd = StreamErrors.TryDequeue(out var error) ? error : "";
                break;
            case "job-dismiss":
                StreamEnd = null;
                break;
            case "blockdev-del":
                Nodes.Remove((string)arguments!["node-name"]!);
                break;
            case "system_powerdown" when HeedsPowerButton:
                End(GuestExitKind.GuestShutdown);
                break;
            case "send-key" when HeedsControlAltDelete:
            case "system_reset":
                _event.TrySetResult(new QmpEvent("RESET", default, default));
                break;
        }

        return Task.FromResult(JsonDocument.Parse("{}").RootElement);
    }

    private static Task<JsonElement> Answer(JsonArray answer) => Task.FromResult(JsonDocument.Parse(answer.ToJsonString()).RootElement);

    public Task<QmpEvent> WaitForAsync(Func<QmpEvent, bool> match, CancellationToken ct)
    {
        // Seen at once: otherwise the moving clock could overtake it.
        _event = new();
        return _event.Task.WaitAsync(ct);
    }

    public Task<bool> RespondsAsync(TimeSpan timeout, CancellationToken ct) => Task.FromResult(AgentAnswers);

    public Task ShutdownAsync(TimeSpan timeout, CancellationToken ct)
    {
        Told.Add("guest-shutdown");
        if (HeedsAgent)
            End(GuestExitKind.GuestShutdown);
        return Task.CompletedTask;
    }

    public Task RebootAsync(TimeSpan timeout, CancellationToken ct)
    {
        Told.Add("guest-reboot");
        if (HeedsAgent)
            _event.TrySetResult(new QmpEvent("RESET", default, default));
        return Task.CompletedTask;
    }

    public Task<int> FreezeAsync(TimeSpan timeout, CancellationToken ct) => throw new NotSupportedException();
    public Task<int> ThawAsync(TimeSpan timeout, CancellationToken ct) => throw new NotSupportedException();

    public Task<GuestCommandResult> ExecuteAsync(string path, IReadOnlyList<string> arguments, TimeSpan timeout, CancellationToken ct) =>
        throw new NotSupportedException();

    public ValueTask DisposeAsync()
    {
        _exited.TrySetCanceled();
        return ValueTask.CompletedTask;
    }
}

internal sealed class FakeBlobs : IBlobReferences
{
    private readonly Dictionary<BlobHolder, HeldBlob> _held = [];

    /// <summary>What the image has; null once it is deleted.</summary>
    public HeldBlob? Data { get; set; } = new HeldFile(Guid.NewGuid(), "/store/blob", "raw", 10 * 1024 * 1024);

    public IReadOnlyCollection<BlobHolder> Holders => _held.Keys;

    /// <summary>What is held lies somewhere else from now on.</summary>
    public void Move(HeldBlob place)
    {
        foreach (var holder in _held.Keys.ToList())
            _held[holder] = place;
    }

    public Task<HeldBlob?> HoldAsync(Guid imageId, BlobHolder holder, CancellationToken ct)
    {
        if (Data is not null)
            _held.TryAdd(holder, Data);
        return FindAsync(holder, ct);
    }

    public Task<HeldBlob?> FindAsync(BlobHolder holder, CancellationToken ct) => Task.FromResult(_held.GetValueOrDefault(holder));

    public Task<Guid?> FindIdAsync(BlobHolder holder, CancellationToken ct) => Task.FromResult(_held.GetValueOrDefault(holder)?.BlobId);

    public Task HoldBlobAsync(WriteScope scope, Guid blobId, BlobHolder holder)
    {
        _held[holder] = new HeldDisk(blobId, "raw", 0);
        return Task.CompletedTask;
    }

    public Task<IStoredDisk> OpenDiskAsync(Guid blobId, CancellationToken ct) => throw new NotSupportedException();

    public Task ReleaseAsync(WriteScope scope, BlobHolder holder)
    {
        _held.Remove(holder);
        return Task.CompletedTask;
    }
}

internal sealed class FakeDisks : IDiskTools
{
    public string? Refusal { get; set; }

    public List<(string Path, DiskLayer Backing, long Size)> Overlays { get; } = [];

    public Task CreateOverlayAsync(string path, DiskLayer backing, long virtualSize, CancellationToken ct)
    {
        if (Refusal is not null)
            throw new DiskToolException(Refusal);
        Overlays.Add((path, backing, virtualSize));
        return File.WriteAllTextAsync(path, "overlay", ct);
    }

    public List<(string Path, long Size)> Empty { get; } = [];

    public Task CreateEmptyAsync(string path, long virtualSize, CancellationToken ct)
    {
        Empty.Add((path, virtualSize));
        return File.WriteAllTextAsync(path, "cache", ct);
    }

    public Task<IChangedDisk> OpenOverlayAsync(DiskLayer overlay, string? bitmap, uint isolationUid, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>What was read.</summary>
    public List<IReadOnlyList<DiskLayer>> Opened { get; } = [];

    public byte[] Content { get; } = [.. Enumerable.Range(0, 3 * 512).Select(i => (byte)(i % 251))];

    /// <summary>Awaited by each reading before there is anything to be read.</summary>
    public Func<Task> BeforeReading { get; set; } = () => Task.CompletedTask;

    public async Task<IDiskReader> OpenAsync(IReadOnlyList<DiskLayer> layers, uint isolationUid, CancellationToken ct)
    {
        Opened.Add(layers);
        await BeforeReading();
        return new Reader(Content);
    }

    private sealed class Reader(byte[] content) : IDiskReader
    {
        public long Length => content.Length;

        public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct)
        {
            content.AsMemory((int)offset, buffer.Length).CopyTo(buffer);
            return ValueTask.CompletedTask;
        }

        public async IAsyncEnumerable<DiskExtent> ExtentsAsync([EnumeratorCancellation] CancellationToken ct)
        {
            await Task.Yield();
            yield return new DiskExtent(0, content.Length, IsZero: false);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
