using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tintype.Qemu.GuestAgent;

/// <summary>
/// The guest agent behind a unix socket of QEMU's. QEMU serves one connection at a time, so none is held for long: it is closed
/// a second after the last call, while file systems are frozen after five (a thaw must not wait for the agent to notice a new
/// connection). Whoever else connects is served then, or at once when this process dies.
/// </summary>
public sealed class GuestAgentClient : IGuestAgent, IAsyncDisposable
{
    private static readonly TimeSpan _linger = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _lingerFrozen = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _refusalLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestPause = TimeSpan.FromMilliseconds(500);

    private readonly Func<CancellationToken, Task<Stream>> _connect;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Timer _idle;
    private readonly CancellationTokenSource _disposing = new();
    private GuestAgentChannel? _channel;
    private bool _frozen;

    public GuestAgentClient(string socketPath)
        : this(async ct => await UnixSocket.ConnectAsync(socketPath, ct))
    {
    }

    internal GuestAgentClient(Func<CancellationToken, Task<Stream>> connect)
    {
        _connect = connect;
        _idle = new Timer(_ => _ = CloseIdleAsync());
    }

    public async Task<bool> RespondsAsync(TimeSpan timeout, CancellationToken ct)
    {
        try
        {
            return await CallAsync("guest-sync", timeout, (_, _) => Task.FromResult(true), ct);
        }
        catch (GuestAgentException)
        {
            return false;
        }
    }

    public async Task<int> FreezeAsync(TimeSpan timeout, CancellationToken ct)
    {
        // Set before the call: one that is given up may freeze all the same.
        _frozen = true;
        return await CountAsync("guest-fsfreeze-freeze", timeout, ct);
    }

    public async Task<int> ThawAsync(TimeSpan timeout, CancellationToken ct)
    {
        var thawed = await CountAsync("guest-fsfreeze-thaw", timeout, ct);
        _frozen = false;
        return thawed;
    }

    /// <summary>Whether file systems are frozen, as the agent remembers it.</summary>
    /// <exception cref="GuestAgentException">The agent refused, or did not answer in time.</exception>
    public Task<bool> IsFrozenAsync(TimeSpan timeout, CancellationToken ct) =>
        CallAsync("guest-fsfreeze-status", timeout, async (channel, limit) =>
            Text(await channel.CallAsync("guest-fsfreeze-status", null, limit)) == "frozen", ct);

    public Task ShutdownAsync(TimeSpan timeout, CancellationToken ct) => EndAsync("powerdown", timeout, ct);

    public Task RebootAsync(TimeSpan timeout, CancellationToken ct) => EndAsync("reboot", timeout, ct);

    public async Task<GuestCommandResult> ExecuteAsync(string path, IReadOnlyList<string> arguments, TimeSpan timeout, CancellationToken ct)
    {
        var began = Stopwatch.GetTimestamp();
        var start = new JsonObject
        {
            ["path"] = path,
            ["arg"] = new JsonArray([.. arguments.Select(a => (JsonNode)JsonValue.Create(a))]),
            ["capture-output"] = true,
        };
        var pid = await CallAsync("guest-exec", timeout, async (channel, limit) =>
            Number(await channel.CallAsync("guest-exec", start, limit), "pid"), ct) ?? throw NoSense("guest-exec");
        for (var pause = TimeSpan.FromMilliseconds(20); ; pause = pause * 2 < _longestPause ? pause * 2 : _longestPause)
        {
            var left = timeout - Stopwatch.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
                throw new GuestAgentException($"{path} in the guest has not ended within {Seconds(timeout)}; it still runs there as process {pid}.");
            var status = await CallAsync("guest-exec-status", left, (channel, limit) =>
                channel.CallAsync("guest-exec-status", new JsonObject { ["pid"] = pid }, limit), ct);
            if (status.ValueKind == JsonValueKind.Object && status.TryGetProperty("exited", out var exited) && exited.ValueKind == JsonValueKind.True)
                return new GuestCommandResult(ExitCode(status), Output(status, "out-data"), Output(status, "err-data"));
            await Task.Delay(pause, ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _disposing.CancelAsync();
        await _turn.WaitAsync();
        await _idle.DisposeAsync();
        await DropAsync();
        _turn.Dispose();
    }

    private Task<int> CountAsync(string command, TimeSpan timeout, CancellationToken ct) =>
        CallAsync(command, timeout, async (channel, limit) =>
        {
            var answer = await channel.CallAsync(command, null, limit);
            return answer.ValueKind == JsonValueKind.Number && answer.TryGetInt32(out var count) ? count : throw NoSense(command);
        }, ct);

    private async Task EndAsync(string mode, TimeSpan timeout, CancellationToken ct) =>
        await CallAsync("guest-shutdown", timeout, async (channel, limit) =>
        {
            await channel.SendAsync("guest-shutdown", new JsonObject { ["mode"] = mode }, limit);
            using var refusal = CancellationTokenSource.CreateLinkedTokenSource(limit);
            refusal.CancelAfter(_refusalLimit);
            try
            {
                await channel.ReadAnswerAsync("guest-shutdown", refusal.Token);
            }
            catch (OperationCanceledException) when (!limit.IsCancellationRequested)
            {
                // Silence is the agent's consent.
            }
            catch (IOException)
            {
                // Nor can it refuse any more once QEMU is gone.
            }

            return true;
        }, ct);

    private async Task<T> CallAsync<T>(
        string command, TimeSpan timeout, Func<GuestAgentChannel, CancellationToken, Task<T>> call, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, _disposing.Token);
        limit.CancelAfter(timeout);
        try
        {
            await _turn.WaitAsync(limit.Token);
            try
            {
                _channel ??= new GuestAgentChannel(await _connect(limit.Token));
                await _channel.SynchroniseAsync(limit.Token);
                return await call(_channel, limit.Token);
            }
            catch (Exception failed) when (failed is not GuestAgentException)
            {
                // The answer to what was given up would come later: the next call gets a connection of its own.
                await DropAsync();
                throw;
            }
            finally
            {
                if (_channel is not null)
                    _idle.Change(_frozen ? _lingerFrozen : _linger, Timeout.InfiniteTimeSpan);
                _turn.Release();
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested && !_disposing.IsCancellationRequested)
        {
            throw new GuestAgentException($"The guest agent did not answer '{command}' within {Seconds(timeout)}; it may not be running in the guest.");
        }
        catch (IOException broken)
        {
            throw new GuestAgentException($"The guest agent cannot be asked for '{command}': {broken.Message}", broken);
        }
    }

    private async Task CloseIdleAsync()
    {
        // Taken: a call is under way, and its end sets the timer again.
        if (!await _turn.WaitAsync(0))
            return;
        await DropAsync();
        _turn.Release();
    }

    private async Task DropAsync()
    {
        if (_channel is { } channel)
            await channel.DisposeAsync();
        _channel = null;
    }

    private static int ExitCode(JsonElement status) =>
        Number(status, "exitcode") is { } code ? (int)code
        : Number(status, "signal") is { } signal ? 128 + (int)signal
        : throw NoSense("guest-exec-status");

    private static string Output(JsonElement status, string name) =>
        status.TryGetProperty(name, out var data) && data.ValueKind == JsonValueKind.String && data.TryGetBytesFromBase64(out var bytes)
            ? Encoding.UTF8.GetString(bytes) : "";

    private static long? Number(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt64(out var number) ? number : null;

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static GuestAgentException NoSense(string command) => new($"The guest agent's answer to '{command}' is not what QEMU's documentation says.");

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");
}
