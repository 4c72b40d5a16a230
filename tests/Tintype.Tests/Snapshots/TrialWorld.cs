using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Tintype.Compute.Servers;
using Tintype.Images.Data;
using Tintype.Images.Records;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;
using Tintype.Qemu.GuestAgent;
using Tintype.Qemu.Process;
using Tintype.Qemu.Qmp;
using Tintype.Snapshots.Verification;
using Xunit;

namespace Tintype.Tests.Snapshots;

/// <summary>One image and everything around it that boot &amp; test touches, in memory but for the database and the evidence.</summary>
internal sealed class TrialWorld : IImageCatalog, ISystemImages, IBlobReferences, IGuestAdmission, IGuestHost, IGuestLauncher, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tt-").FullName;
    private readonly DataDirectory _data;

    public TrialWorld()
    {
        _data = new DataDirectory(_folder);
        Database = new MetadataDatabase(Path.Combine(_folder, "tintype.db"));
        Migrations.Apply(Database, [new MigrationSource(typeof(MetadataDatabase).Assembly), new MigrationSource(typeof(VerificationTask).Assembly)]);
        TaskRows = new TaskRepository(Database, TimeProvider.System);
        Rows = new VerificationRepository(Database, TimeProvider.System);
        Evidence = new EvidenceFolder(_data);
        Image = new ImageRecord(Guid.NewGuid(), "image", "p1", ImageStatus.Active, ImageVisibility.Private, false, false, "vmdk", "bare", 0, 512, 1, 1,
            Guid.NewGuid(), "", null, new Dictionary<string, string> { ["hw_disk_bus"] = "ide" }, [], default, default);
        Guest = new TrialGuest(this);
        var sweep = new EvidenceSweep(Rows, Evidence, this, NullLogger<EvidenceSweep>.Instance);
        Sweep = sweep;
        Verifications = new Verifications(this, this, Rows, sweep, new TaskQueue(TaskRows), Database);
    }

    public static Caller Member { get; } = new("u1", "ann", "p1", "one", "default", ["member", "reader"]);

    public FakeTimeProvider Time { get; } = new();
    public MetadataDatabase Database { get; }
    public TaskRepository TaskRows { get; }
    public VerificationRepository Rows { get; }
    public EvidenceFolder Evidence { get; }
    public EvidenceSweep Sweep { get; }
    public Verifications Verifications { get; }
    public ImageRecord? Image { get; set; }
    public TrialGuest Guest { get; }
    public bool HasMemory { get; set; } = true;
    public bool QemuRefuses { get; set; }
    public GuestSpec? Spec { get; private set; }
    public int Reserved { get; private set; }
    public int Leased { get; private set; }
    public HashSet<BlobHolder> Holders { get; } = [];
    public bool LeftRunning { get; set; }
    public string? UnavailableBecause { get; set; }

    public IReadOnlyDictionary<string, string> Properties => Image!.Properties;

    public VerificationTask Handler => new(
        new TrialBoot(this, this, this, this, new BootWatch(Options, Time), Evidence, Database, Options, NullLogger<TrialBoot>.Instance),
        Rows, Evidence, this, this, NullLogger<VerificationTask>.Instance);

    private static IOptions<VerificationOptions> Options { get; } =
        Microsoft.Extensions.Options.Options.Create(new VerificationOptions { BootWithin = TimeSpan.FromSeconds(90), SettleWithin = TimeSpan.Zero, ConsoleBytes = 1024 });

    public async Task<TaskRecord> BeginAsync()
    {
        var id = await Verifications.BeginAsync(Image!.Id, Member, "req-1", TestContext.Current.CancellationToken);
        return (await TaskRows.FindAsync(id, TestContext.Current.CancellationToken))!;
    }

    public Task RunAsync(TaskRecord task) => Handler.RunAsync(new TaskContext(task, new TaskMeter(Time)), TestContext.Current.CancellationToken);

    /// <summary>Nothing of the trial is left but its evidence.</summary>
    public void AssertTidy()
    {
        Assert.Empty(Holders);
        Assert.Equal((0, 0), (Reserved, Leased));
        Assert.False(LeftRunning);
        Assert.True(Spec is null || Guest.Killed);
        Assert.False(Directory.Exists(Evidence.GuestOf(Image?.Id ?? Guid.Empty)));
    }

    public void Dispose()
    {
        Database.Dispose();
        _data.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    public Task<ImageRecord?> FindVisibleAsync(Guid id, Caller caller, CancellationToken ct) =>
        Task.FromResult(Image?.Id == id && caller.ProjectId == Image.Owner ? Image : null);

    public Task<ImageRecord?> FindAsync(Guid id, CancellationToken ct) => Task.FromResult(Image?.Id == id ? Image : null);

    public Task<ImageRecord> CreateAsync(NewSystemImage image, CancellationToken ct) => throw new NotSupportedException();

    public Task<ImageRecord> IngestAsync(Guid id, string diskFormat, string containerFormat, Stream data, IReadOnlyDictionary<string, string?> properties, CancellationToken ct) =>
        throw new NotSupportedException();

    public Task SetPropertiesAsync(Guid id, IReadOnlyDictionary<string, string?> properties, CancellationToken ct)
    {
        var all = Image?.Properties.ToDictionary() ?? [];
        foreach (var (name, value) in properties)
        {
            if (value is null)
                all.Remove(name);
            else
                all[name] = value;
        }

        Image = Image is null ? null : Image with { Properties = all };
        return Task.CompletedTask;
    }

    public Task DiscardAsync(Guid id, CancellationToken ct) => throw new NotSupportedException();

    public Task<HeldBlob?> HoldAsync(Guid imageId, BlobHolder holder, CancellationToken ct)
    {
        Holders.Add(holder);
        return Task.FromResult<HeldBlob?>(new HeldFile(Guid.NewGuid(), "/blobs/x", Image!.DiskFormat!, 1));
    }

    public Task<HeldBlob?> FindAsync(BlobHolder holder, CancellationToken ct) => throw new NotSupportedException();

    public Task<Guid?> FindIdAsync(BlobHolder holder, CancellationToken ct) => throw new NotSupportedException();

    public Task HoldBlobAsync(WriteScope scope, Guid blobId, BlobHolder holder) => throw new NotSupportedException();

    public Task<Tintype.Storage.IStoredDisk> OpenDiskAsync(Guid blobId, CancellationToken ct) => throw new NotSupportedException();

    public Task ReleaseAsync(WriteScope scope, BlobHolder holder)
    {
        Holders.Remove(holder);
        return Task.CompletedTask;
    }

    public IDisposable? TryReserve(int memoryMib)
    {
        if (!HasMemory)
            return null;
        Reserved += memoryMib;
        return new Giving(() => Reserved -= memoryMib);
    }

    public IsolationLease LeaseIsolation()
    {
        Leased++;
        return new IsolationLease(4711, () => Leased--);
    }

    public Task<IGuestProcess> StartAsync(GuestSpec spec, CancellationToken ct)
    {
        if (QemuRefuses)
            throw new GuestStartException("Could not open '/dev/fdset/3': Image is not in vmdk format");
        Spec = spec;
        Guest.Start(spec.Directory);
        return Task.FromResult<IGuestProcess>(Guest);
    }

    public Task<IGuestProcess?> AttachAsync(string directory, CancellationToken ct) => Task.FromResult<IGuestProcess?>(LeftRunning ? Guest : null);

    private sealed class Giving(Action back) : IDisposable
    {
        public void Dispose() => back();
    }
}

/// <summary>A guest that boots as far as it is told.</summary>
internal sealed class TrialGuest(TrialWorld world) : IGuestProcess, IGuestAgent, IQmpClient
{
    private readonly TaskCompletionSource<GuestExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool Answers { get; set; }

    /// <summary>Whether the clock goes on while it is silent.</summary>
    public bool TimePasses { get; set; }
    public string Console { get; set; } = "";
    public bool Killed { get; private set; }
    public string Directory { get; private set; } = "";
    public int Pid => 1;
    public IQmpClient Qmp => this;
    public IGuestAgent? Agent => this;
    public Task<GuestExit> Exited => _exited.Task;

    public void Start(string directory)
    {
        Directory = directory;
        File.WriteAllText(Path.Combine(directory, GuestFiles.ConsoleLog), Console);
    }

    public void End(GuestExitKind kind, string? reason = null) => _exited.SetResult(new GuestExit(kind, reason));

    public async Task<bool> RespondsAsync(TimeSpan timeout, CancellationToken ct)
    {
        if (Answers)
            return true;
        if (!TimePasses)
            await Task.Delay(Timeout.Infinite, ct);
        // Nobody else moves this clock: a question that is not answered takes its time.
        world.Time.Advance(timeout);
        return false;
    }

    public Task<JsonElement> ExecuteAsync(string command, JsonObject? arguments, CancellationToken ct)
    {
        Assert.Equal("screendump", command);
        File.WriteAllText(Path.Combine(Directory, (string)arguments!["filename"]!), "PNG");
        return Task.FromResult(default(JsonElement));
    }

    public Task KillAsync(CancellationToken ct)
    {
        Killed = true;
        world.LeftRunning = false;
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public Task<QmpEvent> WaitForAsync(Func<QmpEvent, bool> match, CancellationToken ct) => throw new NotSupportedException();
    public Task<int> FreezeAsync(TimeSpan timeout, CancellationToken ct) => throw new NotSupportedException();
    public Task<int> ThawAsync(TimeSpan timeout, CancellationToken ct) => throw new NotSupportedException();
    public Task ShutdownAsync(TimeSpan timeout, CancellationToken ct) => throw new NotSupportedException();
    public Task RebootAsync(TimeSpan timeout, CancellationToken ct) => throw new NotSupportedException();
    public Task<GuestCommandResult> ExecuteAsync(string path, IReadOnlyList<string> arguments, TimeSpan timeout, CancellationToken ct) => throw new NotSupportedException();
}
