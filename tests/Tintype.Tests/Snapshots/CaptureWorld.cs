using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tintype.Compute.Bases;
using Tintype.Compute.Servers;
using Tintype.Images.Data;
using Tintype.Images.Disks;
using Tintype.Images.Records;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;
using Tintype.Qemu.Disks;
using Tintype.Qemu.Process;
using Tintype.Snapshots.Capture;
using Tintype.Snapshots.Preflight;
using Xunit;

namespace Tintype.Tests.Snapshots;

/// <summary>
/// One server with everything around it that a snapshot touches, kept in memory (the database is real), with a journal of what was done, a
/// switch that makes one step fail, and one that kills the process at a step.
/// </summary>
internal sealed class CaptureWorld : IServerCatalog, IServerBases, IBlobReferences, IImageCatalog, ISystemImages, IDiskImages, IDiskTools, IDiskFleece, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tt-").FullName;

    private readonly DataDirectory _data;
    private readonly TaskCompletionSource _killed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CaptureWorld()
    {
        File.WriteAllBytes(Path.Combine(_folder, "disk.qcow2"), new byte[4096]);
        Database = new MetadataDatabase(Path.Combine(_folder, "tintype.db"));
        Migrations.Apply(Database, [new MigrationSource(typeof(MetadataDatabase).Assembly), new MigrationSource(typeof(SnapshotPipeline).Assembly)]);
        TaskRows = new TaskRepository(Database, TimeProvider.System);
        Tasks = new TaskQueue(TaskRows);
        Rows = new SnapshotRepository(Database, this, TimeProvider.System);
        _data = new DataDirectory(Path.Combine(_folder, "data"));
        Server = new ServerRecord(Guid.NewGuid(), "vm", "p1", "u1", VmState.Active, null, LastStop.None, Guid.NewGuid(),
            new Dictionary<string, string> { ["hw_disk_bus"] = "scsi", ["os_require_quiesce"] = "yes" }, "raw", 0, 64, 256, 1, 1, _folder, 4711);
        Guest = new FakeGuest(this);
        Watchdogs = new FakeWatchdogs(this);
    }

    public static Caller Member { get; } = new("u1", "ann", "p1", "one", "default", ["member", "reader"]);

    public MetadataDatabase Database { get; }
    public TaskRepository TaskRows { get; }
    public TaskQueue Tasks { get; }
    public SnapshotRepository Rows { get; }

    public List<string> Journal { get; } = [];

    /// <summary>The step that fails, counted from 0; none by default.</summary>
    public int FailAt { get; set; } = -1;

    /// <summary>The step at which the process is killed: it never goes on.</summary>
    public int KillAt { get; set; } = -1;

    /// <summary>Completes when the process has been killed.</summary>
    public Task Killed => _killed.Task;

    /// <summary>Runs before a step, to change the world at that moment, or to fail in another way.</summary>
    public Action<string>? Before { get; set; }

    public ServerRecord? Server { get; set; }
    public FakeGuest? Guest { get; set; }
    public Dictionary<Guid, ImageRecord> Images { get; } = [];

    /// <summary>The content of the disks in the store; what the server was made of comes there when it is asked for.</summary>
    public Dictionary<Guid, byte[]> Stored { get; } = [];

    /// <summary>What the server was made of.</summary>
    public Guid BaseDisk { get; } = Guid.NewGuid();

    /// <summary>The bitmaps on the server's disk, and whether each records. An interrupted snapshot's are as it left them.</summary>
    public Dictionary<string, bool> Bitmaps { get; } = new() { [CheckpointBitmap.First] = true };

    public ServerCheckpoint? Checkpoint { get; set; }

    public Dictionary<BlobHolder, Guid> Held { get; } = [];

    /// <summary>What the last disk was begun on.</summary>
    public Guid? Basis { get; private set; }

    public DiskLayer? Overlay { get; private set; }

    public NewSystemImage? NewImage { get; private set; }
    public List<(string Action, string? Failure)> Actions { get; } = [];
    public HashSet<string> Jobs { get; } = [];
    public HashSet<string> Nodes { get; } = [];
    public FakeWatchdogs Watchdogs { get; }
    public List<int> Progress { get; } = [];

    public FreezeWindow Window => new(Watchdogs, Options, TimeProvider.System, NullLogger<FreezeWindow>.Instance);

    public InterruptedCapture Interrupted => new(this, this, NullLogger<InterruptedCapture>.Instance);

    public SnapshotPipeline Pipeline => new(this, this, this, this, Rows, this, this, new LiveCapture(this, Window, this, Rows, NullLogger<LiveCapture>.Instance),
        Interrupted, new SealStep(this, this, new Bandwidth(null, TimeProvider.System)), NullLogger<SnapshotPipeline>.Instance);

    public SnapshotRequests Requests => new(this, this, new SnapshotPreflight(this, Options), Rows, Tasks, Database, Options, NullLogger<SnapshotRequests>.Instance);

    public SnapshotTask Handler => new(Pipeline, Rows, Interrupted, this, this, this, NullLogger<SnapshotTask>.Instance);

    private static IOptions<CaptureOptions> Options { get; } = Microsoft.Extensions.Options.Options.Create(new CaptureOptions
    {
        AgentAnswersWithin = TimeSpan.FromSeconds(1),
        FreezeWithin = TimeSpan.FromSeconds(1),
        ThawWithin = TimeSpan.FromSeconds(1),
    });

    /// <summary>Asks for a snapshot and returns the task that the runner would take up.</summary>
    public async Task<(Guid ImageId, TaskRecord Task)> RequestAsync(Caller? caller = null)
    {
        var request = new CreateImageRequest("snap", new Dictionary<string, string>());
        var image = await Requests.TakeAsync(Server!, request, caller ?? Member, "req-1", default);
        return (image, (await Tasks.ListAboutAsync(Server!.Id, default))[0]);
    }

    public Task RunAsync(TaskRecord task) => Handler.RunAsync(new TaskContext(task, new TaskMeter(TimeProvider.System)), default);

    /// <summary>What the host does at its start: services first, then the recovery of tasks that ran, then those that wait.</summary>
    public async Task RestartAsync()
    {
        KillAt = -1;
        // The kernel closed the killed process's pipes.
        Watchdogs.BiteAll();
        await new UnqueuedSnapshots(Rows, Tasks, Interrupted, _data, this, this, this, NullLogger<UnqueuedSnapshots>.Instance).StartAsync(default);
        foreach (var task in await TaskRows.ListInStateAsync(TaskState.Running, default))
        {
            if (await Handler.RecoverAsync(task, default) == TaskRecovery.Rerun)
                await TaskRows.ReturnToPendingAsync(task.Id, default);
            else
                await TaskRows.FinishAsync(task.Id, TaskState.Failure, "interrupted", default);
        }

        foreach (var task in await TaskRows.ListInStateAsync(TaskState.Pending, default))
            await RunAsync(task);
    }

    /// <summary>What must hold whenever a snapshot is over, however it ended.</summary>
    public async Task AssertServerAsItWasAsync()
    {
        Assert.Null(Server?.TaskState);
        Assert.False(Guest is { Frozen: true }, "the guest is frozen");
        Assert.Equal(0, Watchdogs.OnDuty);
        Assert.Empty(Jobs);
        Assert.Empty(Nodes);
        Assert.Empty(Directory.EnumerateFiles(_folder, "snapshot-*"));
        Assert.Empty(Held);
        // One bitmap records, and what it is relative to is known, and stored.
        var bitmap = Assert.Single(Bitmaps);
        Assert.Equal((Checkpoint?.Bitmap ?? CheckpointBitmap.First, true), (bitmap.Key, bitmap.Value));
        Assert.True(Checkpoint is null || Stored.ContainsKey(Checkpoint.DiskId), "the checkpoint's disk is not there");
        Assert.Empty(await Rows.ListAsync(default));
        Assert.All(Images.Values, image => Assert.Equal(ImageStatus.Active, image.Status));
    }

    public void Dispose()
    {
        Database.Dispose();
        _data.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    internal async Task StepAsync(string what)
    {
        if (KillAt >= 0 && Journal.Count >= KillAt)
        {
            _killed.TrySetResult();
            await new TaskCompletionSource().Task;
        }

        Before?.Invoke(what);
        Journal.Add(what);
        if (Journal.Count - 1 == FailAt)
            throw new IOException("No space left on device");
    }

    Task<ServerRecord?> IServerCatalog.FindVisibleAsync(Guid id, Caller caller, CancellationToken ct) => throw new NotSupportedException();

    Task<ServerRecord?> IServerCatalog.FindAsync(Guid id, CancellationToken ct) => Task.FromResult(Server);

    Task<ServerRecord> IServerCatalog.BeginTaskAsync(Guid id, string taskState, IReadOnlyCollection<VmState> allowed, CancellationToken ct) =>
        throw new NotSupportedException();

    async Task<ServerRecord> IServerCatalog.BeginTaskAsync(WriteScope scope, Guid id, string taskState, IReadOnlyCollection<VmState> allowed)
    {
        // A killed process's transaction is rolled back; one that hung here would hold the database of the next life too.
        if (KillAt == Journal.Count)
        {
            _killed.TrySetResult();
            throw new OperationCanceledException("killed");
        }

        await StepAsync($"begin {taskState}");
        if (Server!.TaskState is not null || !allowed.Contains(Server.State))
            throw Fault.Conflict("Cannot 'createImage' instance");
        return Server = Server with { TaskState = taskState };
    }

    async Task IServerCatalog.SetTaskStateAsync(Guid id, string? taskState, CancellationToken ct)
    {
        await StepAsync($"task state {taskState ?? "none"}");
        Server = Server is null ? null : Server with { TaskState = taskState };
    }

    async Task IServerCatalog.RecordActionAsync(Guid id, string action, string requestId, string userId, string? failure, CancellationToken ct)
    {
        await StepAsync("record action");
        Actions.Add((action, failure));
    }

    IGuestProcess? IServerCatalog.FindGuest(Guid id) => Guest;

    async Task<IReadOnlyList<DiskLayer>> IServerCatalog.DiskLayersAsync(Guid id, CancellationToken ct)
    {
        await StepAsync("disk layers");
        return [new("disk.qcow2", "qcow2"), new("/blobs/base", "raw")];
    }

    Task<ImageRecord?> IImageCatalog.FindVisibleAsync(Guid id, Caller caller, CancellationToken ct) => throw new NotSupportedException();

    Task<ImageRecord?> IImageCatalog.FindAsync(Guid id, CancellationToken ct) => Task.FromResult(Images.GetValueOrDefault(id));

    async Task<ImageRecord> ISystemImages.CreateAsync(NewSystemImage image, CancellationToken ct)
    {
        await StepAsync("create image");
        NewImage = image;
        return Images[image.Id] = new ImageRecord(image.Id, image.Name, image.Owner, ImageStatus.Queued, image.Visibility, false, false, null, null,
            image.MinDisk, image.MinRam, null, null, null, null, null, image.Properties, [], default, default);
    }

    Task<ImageRecord> ISystemImages.IngestAsync(Guid id, string diskFormat, string containerFormat, Stream data,
        IReadOnlyDictionary<string, string?> properties, CancellationToken ct) => throw new NotSupportedException();

    internal async Task<ImageRecord> ActivateAsync(Guid id, byte[] content, IReadOnlyDictionary<string, string?> properties, Func<WriteScope, Guid, Task> alongside)
    {
        await StepAsync("activate");
        var disk = Guid.NewGuid();
        Stored[disk] = content;
        await Database.WriteAsync(scope => alongside(scope, disk), default);
        var image = Images[id];
        var all = image.Properties.Concat(properties.Where(p => p.Value is not null).Select(p => KeyValuePair.Create(p.Key, p.Value!))).ToDictionary();
        return Images[id] = image with { Status = ImageStatus.Active, BlobId = disk, Size = content.Length, Properties = all };
    }

    Task ISystemImages.SetPropertiesAsync(Guid id, IReadOnlyDictionary<string, string?> properties, CancellationToken ct) => throw new NotSupportedException();

    async Task ISystemImages.DiscardAsync(Guid id, CancellationToken ct)
    {
        await StepAsync("discard image");
        Images.Remove(id);
    }

    Task IDiskTools.CreateOverlayAsync(string path, DiskLayer backing, long virtualSize, CancellationToken ct) => throw new NotSupportedException();

    Task IDiskTools.CreateEmptyAsync(string path, long virtualSize, CancellationToken ct) => throw new NotSupportedException();

    Task<IDiskReader> IDiskTools.OpenAsync(IReadOnlyList<DiskLayer> layers, uint isolationUid, CancellationToken ct) => throw new NotSupportedException();

    async Task<IChangedDisk> IDiskTools.OpenOverlayAsync(DiskLayer overlay, string? bitmap, uint isolationUid, CancellationToken ct)
    {
        await StepAsync("open overlay");
        Overlay = overlay;
        return new FakeDisk(bitmap is not null && Bitmaps.GetValueOrDefault(bitmap) ? bitmap : null);
    }

    async Task<FleeceBitmaps> IDiskFleece.PrepareAsync(FleeceTarget target, ServerCheckpoint? checkpoint, IGuestProcess guest, CancellationToken ct)
    {
        await StepAsync("prepare fleece");
        File.WriteAllText(Path.Combine(target.Directory, target.FileName), "");
        Nodes.Add(target.Node);
        var trusted = checkpoint is not null && Bitmaps.GetValueOrDefault(checkpoint.Bitmap);
        return new FleeceBitmaps(trusted ? checkpoint!.Bitmap : null, CheckpointBitmap.After([.. Bitmaps.Keys, .. checkpoint is null ? [] : new[] { checkpoint.Bitmap }]));
    }

    async Task IDiskFleece.StartAsync(FleeceTarget target, FleeceBitmaps bitmaps, IGuestProcess guest, CancellationToken ct)
    {
        await StepAsync(Guest!.Frozen ? "point in time, frozen" : "point in time");
        Jobs.Add(target.Job);
        Bitmaps.Add(bitmaps.Next, true);
        if (bitmaps.Frozen is { } frozen)
            Bitmaps[frozen] = false;
    }

    Task<bool> IDiskFleece.IsHeldAsync(FleeceTarget target, IGuestProcess guest, CancellationToken ct) => Task.FromResult(Jobs.Contains(target.Job));

    async Task<IChangedDisk> IDiskFleece.OpenAsync(FleeceTarget target, FleeceBitmaps bitmaps, IGuestProcess guest, CancellationToken ct)
    {
        await StepAsync("open fleece");
        Assert.Contains(target.Job, Jobs);
        Assert.False(bitmaps.Frozen is { } frozen && Bitmaps[frozen], "the bitmap that is read still records");
        return new FakeDisk(bitmaps.Frozen);
    }

    async Task IDiskFleece.EndAsync(FleeceTarget target, FleeceBitmaps bitmaps, IGuestProcess guest, CancellationToken ct)
    {
        await StepAsync("end fleece");
        Forget(target);
        foreach (var old in Bitmaps.Keys.Where(name => name != bitmaps.Next).ToList())
            Bitmaps.Remove(old);
    }

    async Task IDiskFleece.AbandonAsync(FleeceTarget target, FleeceBitmaps? bitmaps, IGuestProcess guest, CancellationToken ct)
    {
        await StepAsync("abandon fleece");
        Forget(target);
        if (bitmaps is not null && Bitmaps.Remove(bitmaps.Next) && bitmaps.Frozen is { } frozen)
            Bitmaps[frozen] = true;
    }

    private void Forget(FleeceTarget target)
    {
        Jobs.Remove(target.Job);
        Nodes.Remove(target.Node);
    }

    async Task<Guid> IServerBases.EnsureAsync(Guid serverId, CancellationToken ct)
    {
        await StepAsync("ensure base");
        Stored.TryAdd(BaseDisk, FakeDisk.Base);
        return BaseDisk;
    }

    Task<ServerCheckpoint?> IServerBases.FindCheckpointAsync(Guid serverId, CancellationToken ct) =>
        Task.FromResult(Checkpoint ?? (Stored.ContainsKey(BaseDisk) ? new ServerCheckpoint(CheckpointBitmap.First, BaseDisk) : null));

    Task IServerBases.SetCheckpointAsync(WriteScope scope, Guid serverId, string bitmap, Guid diskId)
    {
        Checkpoint = new ServerCheckpoint(bitmap, diskId);
        return Task.CompletedTask;
    }

    async Task<IImageDisk> IDiskImages.BeginAsync(Guid imageId, string diskFormat, long length, Guid? basis, CancellationToken ct)
    {
        await StepAsync("begin disk");
        Basis = basis;
        Images[imageId] = Images[imageId] with { Status = ImageStatus.Saving, DiskFormat = diskFormat, ContainerFormat = "bare" };
        return new FakeImageDisk(this, imageId, length, Stored[basis!.Value]);
    }

    Task<Guid?> IDiskImages.FindDiskAsync(Guid blobId, CancellationToken ct) => throw new NotSupportedException();

    Task<IBaseDisk> IDiskImages.BeginBaseAsync(Guid blobId, long length, CancellationToken ct) => throw new NotSupportedException();

    Task<HeldBlob?> IBlobReferences.HoldAsync(Guid imageId, BlobHolder holder, CancellationToken ct) => throw new NotSupportedException();

    Task<HeldBlob?> IBlobReferences.FindAsync(BlobHolder holder, CancellationToken ct) => throw new NotSupportedException();

    Task<Tintype.Storage.IStoredDisk> IBlobReferences.OpenDiskAsync(Guid blobId, CancellationToken ct) => throw new NotSupportedException();

    Task<Guid?> IBlobReferences.FindIdAsync(BlobHolder holder, CancellationToken ct) => throw new NotSupportedException();

    Task IBlobReferences.HoldBlobAsync(WriteScope scope, Guid blobId, BlobHolder holder)
    {
        Held[holder] = blobId;
        return Task.CompletedTask;
    }

    Task IBlobReferences.ReleaseAsync(WriteScope scope, BlobHolder holder)
    {
        Held.Remove(holder);
        return Task.CompletedTask;
    }
}
