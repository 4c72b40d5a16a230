using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Tintype.Bench.Clients;
using Tintype.Bench.Contestants;
using Tintype.Bench.Measuring;
using Tintype.Qemu.Process;
using Tintype.TestSupport;

namespace Tintype.Bench.Guests;

/// <summary>A Tintype with guests of its own, spoken to as a member does.</summary>
internal sealed class GuestCloud : IAsyncDisposable
{
    private const string Flavor = "bench";

    /// <summary>The latest that Debian's client speaks: createImage answers with the image's id.</summary>
    private static readonly (string, string) _version = ("OpenStack-API-Version", "compute 2.92");

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(10);

    /// <summary>Between two questions. What an answer costs the server is a hundredth of that.</summary>
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(10);

    private readonly TintypeService _service;
    private ApiClient _api;

    private GuestCloud(TintypeService service)
    {
        _service = service;
        _api = new ApiClient(service.Server, service.Token);
    }

    /// <summary>Bytes that the store for disks takes.</summary>
    public long Stored => Directory.EnumerateFiles(Path.Combine(_service.Server.DataDirectory, "stores", "os_glance_chunks"), "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);

    public double Processor => _service.Processor;

    /// <summary>Seconds that the QEMU of a server's guest has taken, which are in <see cref="Processor"/> too.</summary>
    public double QemuProcessor(Guid server) => ProcessorTime.Of(int.Parse(
        File.ReadAllText(Path.Combine(_service.Server.DataDirectory, "servers", server.ToString(), GuestFiles.Pid)), CultureInfo.InvariantCulture));

    public static async Task<GuestCloud> StartAsync(CancellationToken ct)
    {
        var service = await TintypeService.StartAsync("Tintype with guests");
        try
        {
            using var admin = await ApiClient.SignInAsync(service.Server, "tintype-admin");
            // No size of its own: a disk is as large as its image's.
            Require(await admin.SendAsync(HttpMethod.Post, "/compute/v2.1/flavors",
                $$"""{"flavor": {"name": "{{Flavor}}", "id": "{{Flavor}}", "ram": 512, "vcpus": 1, "disk": 0} }"""), HttpStatusCode.OK);
            return new GuestCloud(service);
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    public async Task<Guid> UploadAsync(string file, string format, CancellationToken ct)
    {
        var image = Require(await _api.SendAsync(HttpMethod.Post, "/image/v2/images", $$"""
            {"name": "base", "disk_format": "{{format}}", "container_format": "bare", "hw_qemu_guest_agent": "yes", "os_require_quiesce": "yes"}
            """), HttpStatusCode.Created).GetProperty("id").GetGuid();
        await Streams.RunAsync(1, _ =>
        {
            using var wire = new WireClient(_service.Images);
            return wire.PutFile(_service.FilePath(image), _service.Token, file);
        });
        ct.ThrowIfCancellationRequested();
        return image;
    }

    /// <summary>A guest that has booted, with its data at <c>/mnt</c>, and whose image is ready to be the basis of snapshots.</summary>
    public async Task<BenchGuest> BootAsync(string name, Guid image, CancellationToken ct)
    {
        var id = await CreateAsync(name, image);
        await UntilActiveAsync(id, ct);
        var directory = Path.Combine(_service.Server.DataDirectory, "servers", id.ToString());
        await UntilAsync(() => File.ReadAllTextAsync(Path.Combine(directory, GuestFiles.ConsoleLog), ct), console => console.Contains("tintype-demo: boot", StringComparison.Ordinal), ct);
        var guest = new BenchGuest(id, directory);
        await guest.RunAsync("mount -t ext4 -o noatime /dev/vda3 /mnt && cp /mnt/filler /dev/null && sync", ct);
        await RestAsync(ct);
        return guest;
    }

    public async Task<Guid> CreateAsync(string name, Guid image) => Require(await SendComputeAsync(HttpMethod.Post, "servers",
        $$"""{"server": {"name": "{{name}}", "imageRef": "{{image}}", "flavorRef": "{{Flavor}}", "networks": "none"} }"""), HttpStatusCode.Accepted)
        .GetProperty("server").GetProperty("id").GetGuid();

    public Task UntilActiveAsync(Guid server, CancellationToken ct) => UntilAsync(() => StatusAsync(server), status => status switch
    {
        "ACTIVE" => true,
        "ERROR" => throw new InvalidOperationException($"Server {server} could not be started."),
        _ => false,
    }, ct);

    public async Task DeleteAsync(Guid server, CancellationToken ct)
    {
        Require(await SendComputeAsync(HttpMethod.Delete, $"servers/{server}", null), HttpStatusCode.NoContent);
        await UntilAsync(() => SendComputeAsync(HttpMethod.Get, $"servers/{server}", null), answer => answer.Status == HttpStatusCode.NotFound, ct);
    }

    /// <summary>Takes a snapshot, and has its tidying up done and its hashes made before it returns.</summary>
    public async Task<Snapshot> SnapshotAsync(BenchGuest guest, CancellationToken ct)
    {
        await guest.LetGoAsync();
        BenchContext.Settle();
        var before = Stored;
        var processor = Processor;
        var started = Stopwatch.GetTimestamp();
        var id = Require(await SendComputeAsync(HttpMethod.Post, $"servers/{guest.Id}/action", """{"createImage": {"name": "bench"}}"""), HttpStatusCode.Accepted)
            .GetProperty("image_id").GetGuid();
        var image = await UntilAsync(() => ImageAsync(id), found => found.GetProperty("status").GetString() == "active", ct);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        processor = Processor - processor;
        await RestAsync(ct);
        return new Snapshot(id, seconds, processor, double.Parse(image.GetProperty("tintype_frozen_ms").GetString()!, CultureInfo.InvariantCulture), Stored - before);
    }

    /// <summary>Bytes of the file that an image is served as.</summary>
    public async Task<long> SizeAsync(Guid image) => (await ImageAsync(image)).GetProperty("size").GetInt64();

    public async Task DeleteImageAsync(Guid image) => Require(await _api.SendAsync(HttpMethod.Delete, $"/image/v2/images/{image}"), HttpStatusCode.NoContent);

    /// <summary>Returns once no task is left: nothing goes on in the background of what is measured next.</summary>
    public Task RestAsync(CancellationToken ct) => UntilAsync(
        async () => Require(await _api.GetAsync("/tintype/v1/tasks?limit=50"), HttpStatusCode.OK).GetProperty("tasks").EnumerateArray().Select(task => task.GetProperty("status").GetString()).ToList(),
        states => !states.Exists(state => state is "pending" or "running"), ct);

    /// <summary>Does something with the guests while nobody else looks after them.</summary>
    public async Task AwayAsync(Func<Task> work)
    {
        await _service.ChangeDataAsync(work);
        _api.Dispose();
        _api = new ApiClient(_service.Server, _service.Token);
    }

    public async ValueTask DisposeAsync()
    {
        _api.Dispose();
        await _service.DisposeAsync();
    }

    private async Task<JsonElement> ImageAsync(Guid id) => Require(await _api.GetAsync($"/image/v2/images/{id}"), HttpStatusCode.OK);

    private async Task<string?> StatusAsync(Guid server) => Require(await SendComputeAsync(HttpMethod.Get, $"servers/{server}", null), HttpStatusCode.OK)
        .GetProperty("server").GetProperty("status").GetString();

    private Task<ApiAnswer> SendComputeAsync(HttpMethod method, string path, string? body) => _api.SendAsync(method, $"/compute/v2.1/{path}", body, _version);

    private static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> done, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_patience);
        using var pace = new PeriodicTimer(_pace);
        while (true)
        {
            var answer = await ask();
            if (done(answer))
                return answer;
            await pace.WaitForNextTickAsync(limit.Token);
        }
    }

    private static JsonElement Require(ApiAnswer answer, HttpStatusCode expected) => answer.Status == expected
        ? answer.Text.Length == 0 ? default : answer.Json
        : throw new HttpRequestException($"Tintype answered {(int)answer.Status} instead of {(int)expected}: {answer.Text}");
}

/// <summary>A snapshot that was taken.</summary>
/// <param name="Seconds">From the request to the moment when the image was active.</param>
/// <param name="Processor">Seconds of processor time that the server took meanwhile.</param>
/// <param name="FrozenMilliseconds">For so long the guest was frozen, as the image says.</param>
/// <param name="Stored">Bytes that the store has grown by.</param>
internal sealed record Snapshot(Guid Image, double Seconds, double Processor, double FrozenMilliseconds, long Stored);
