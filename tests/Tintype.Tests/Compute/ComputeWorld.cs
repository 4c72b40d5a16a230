using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tintype.Compute;
using Tintype.Compute.Bases;
using Tintype.Compute.ConfigDrive;
using Tintype.Compute.Guests;
using Tintype.Compute.Hosts;
using Tintype.Compute.Servers;
using Tintype.Compute.Servers.Life;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;
using Tintype.Tests.Compute.Bases;
using ServerModel = Tintype.Compute.Servers.Server;

namespace Tintype.Tests.Compute;

/// <summary>Compute on a database of its own, a clock that jumps, and guests that do as the test says.</summary>
internal sealed class ComputeWorld : IAsyncDisposable
{
    public const string ProjectId = "0123456789abcdef0123456789abcdef";
    public const string UserId = "fedcba9876543210fedcba9876543210";

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("tt-compute-").FullName;
    private readonly DataDirectory _data;

    public ComputeWorld()
    {
        _data = new DataDirectory(_folder);
        Database = new MetadataDatabase(Path.Combine(_folder, "tintype.db"));
        Migrations.Apply(Database, [new MigrationSource(typeof(ComputeSetup).Assembly), new MigrationSource(typeof(PlatformSetup).Assembly)]);
        var options = Options.Create(Settings);
        Fill = new DiskFill(new ServerRepository(Database, Time), Sockets, options, Time, NullLogger<DiskFill>.Instance);
        Servers = new ServerRepository(Database, Time);
        Actions = new ServerActionRepository(Database, Time);
        Directories = new GuestDirectories(_data);
        Admission = new GuestAdmission(Memory, options);
        var specs = new GuestSpecs(Directories, Blobs, Servers, options);
        Guests = new GuestSupervisor(Launcher, Admission, Host, specs, Servers, Actions, Sockets, Fill, NullLogger<GuestSupervisor>.Instance);
        Power = new GuestPower(Guests, Servers, Time, NullLogger<GuestPower>.Instance);
        Catalog = new ServerCatalog(Database, Servers, Actions, Guests, specs, Directories);
        Queue = new TaskQueue(new TaskRepository(Database, Time));
        Recovery = new ServerRecovery(Servers, Launcher, Directories, Guests, Sockets, Queue, NullLogger<ServerRecovery>.Instance);
        Bases = new ServerBases(Blobs, Stored, Disks, Host, new CheckpointRepository(Database), Queue, Database, Time, Options.Create(new BaseOptions()),
            NullLogger<ServerBases>.Instance);
        Build = new BuildTask(Servers, Actions, Operations, Database, Blobs, Disks, Launcher, Host, Directories, new ConfigDriveWriter(), Guests, Bases,
            NullLogger<BuildTask>.Instance);
        Start = new StartTask(Servers, Actions, Operations, Guests);
        Stop = new StopTask(Servers, Actions, Operations, Power, options);
        Reboot = new RebootTask(Servers, Actions, Operations, Power, Guests, options);
        Delete = new DeleteTask(Servers, Actions, Operations, Database, Blobs, Launcher, Directories, Guests);
    }

    public JumpingTime Time { get; } = new(new DateTimeOffset(2026, 11, 23, 20, 0, 0, TimeSpan.Zero));
    public MetadataDatabase Database { get; }
    public FakeMemory Memory { get; } = new() { Mib = 4096 };
    public FakeHost Host { get; } = new();
    public FakeLauncher Launcher { get; } = new();
    public FakeBlobs Blobs { get; } = new();
    public ComputeOptions Settings { get; } = new() { HostReserve = 0, QemuOverhead = 0, FillRate = 0 };
    public FakeDisks Disks { get; } = new();
    public FakeStoredDisks Stored { get; } = new();
    public ServerBases Bases { get; }
    public FakeSockets Sockets { get; } = new();
    public DiskFill Fill { get; }
    public ServerOperations Operations { get; } = new();
    public ServerRepository Servers { get; }
    public ServerActionRepository Actions { get; }
    public GuestDirectories Directories { get; }
    public GuestAdmission Admission { get; }
    public GuestSupervisor Guests { get; }
    public GuestPower Power { get; }
    public ServerCatalog Catalog { get; }
    public TaskQueue Queue { get; }
    public ServerRecovery Recovery { get; }
    public BuildTask Build { get; }
    public StartTask Start { get; }
    public StopTask Stop { get; }
    public RebootTask Reboot { get; }
    public DeleteTask Delete { get; }

    public static Caller Member { get; } = new(UserId, "one", ProjectId, "project", "default", ["member", "reader"]);

    public static Caller Reader { get; } = Member with { Roles = ["reader"] };

    public static Caller Admin { get; } = Member with { Roles = ["admin", "manager", "member", "reader"] };

    public static ServerModel Describe(string name = "server") => new()
    {
        Id = Guid.NewGuid(),
        Name = name,
        Hostname = name,
        ProjectId = ProjectId,
        UserId = UserId,
        TaskState = TaskStates.Scheduling,
        Image = new ServerImage(Guid.NewGuid(), new Dictionary<string, string>(), "raw", 0, 0),
        Flavor = new ServerFlavor("f", "small", 512, 1, 1),
        ConfigDrive = false,
        ReservationId = "r-12345678",
        IsolationUid = 100_000,
        CreatedAt = new DateTimeOffset(2026, 11, 23, 20, 0, 0, TimeSpan.Zero),
        UpdatedAt = new DateTimeOffset(2026, 11, 23, 20, 0, 0, TimeSpan.Zero),
    };

    /// <summary>Writes a server down, as a creation does.</summary>
    public async Task<ServerModel> AddAsync(ServerModel? server = null)
    {
        var added = server ?? Describe();
        await Database.WriteAsync(scope => Servers.InsertAsync(scope, added), Ct);
        return added;
    }

    /// <summary>A server whose guest runs.</summary>
    public async Task<(ServerModel Server, FakeGuestProcess Guest)> AddRunningAsync(ServerModel? server = null)
    {
        var added = await AddAsync(server);
        await RunAsync(Build, added);
        return (await FindAsync(added.Id), Launcher.Running[Directories.Of(added.Id)]);
    }

    public async Task<ServerModel> FindAsync(Guid id) => await Servers.FindAsync(id, Ct) ?? throw new InvalidOperationException($"Server {id} has gone.");

    /// <summary>Gives the server to the operation, as the API does, and runs its task.</summary>
    public async Task RunAsync(ITaskHandler handler, ServerModel server, string payload = "{}")
    {
        if (handler == Start || handler == Stop)
            await Servers.SetTaskStateAsync(server.Id, handler == Start ? TaskStates.PoweringOn : TaskStates.PoweringOff, Ct);
        await RunTaskAsync(handler, server, payload);
    }

    /// <summary>Runs a task's handler about the server as it is, as the task runner would.</summary>
    public async Task RunTaskAsync(ITaskHandler handler, ServerModel server, string payload = "{}")
    {
        var repository = new TaskRepository(Database, Time);
        var id = await Database.WriteAsync(scope => Queue.EnqueueAsync(scope, NewTask(handler.Kind, server, payload)), Ct);
        await repository.StartAsync(id, Ct);
        await handler.RunAsync(new TaskContext((await repository.FindAsync(id, Ct))!, new TaskMeter(Time)), Ct);
        await repository.FinishAsync(id, TaskState.Success, null, Ct);
    }

    public static NewTask NewTask(string kind, ServerModel server, string payload = "{}") =>
        new(kind, server.Id, server.ProjectId, server.UserId, $"req-{kind}", payload);

    public static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    public static CancellationToken Ct => Xunit.TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await Guests.DisposeAsync();
        Database.Dispose();
        _data.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }
}
