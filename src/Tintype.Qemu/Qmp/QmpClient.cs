using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tintype.Qemu.Qmp;

/// <summary>
/// QMP over a stream, after docs/interop/qmp-spec.txt of QEMU: the greeting, <c>qmp_capabilities</c>, then commands with an
/// <c>id</c> each, whose answers carry the same, among them events. QEMU talks to one client at a time on a socket: a second
/// one is connected, but hears nothing until the first has gone.
/// </summary>
public sealed class QmpClient : IQmpClient, IAsyncDisposable
{
    // The longest answers are descriptions of block graphs, some hundred kilobytes.
    private const int LongestLine = 16 << 20;

    private const string ClosedHere = "The QMP connection was closed on this side.";

    private readonly Stream _stream;
    private readonly LineReader _lines;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<JsonElement>> _pending = new();
    private readonly List<Subscription> _subscriptions = [];
    private readonly SemaphoreSlim _writing = new(1);
    private readonly CancellationTokenSource _disposing = new();
    private Task _reading = Task.CompletedTask;
    private IOException? _closed;
    private long _lastId;
    private bool _disposed;

    private QmpClient(Stream stream)
    {
        _stream = stream;
        _lines = new LineReader(stream, LongestLine);
    }

    /// <summary>Connects to QEMU's QMP socket and gets it ready for commands. Waits while another client holds it.</summary>
    /// <exception cref="IOException">Nobody listens at <paramref name="socketPath"/>, or it is no QMP.</exception>
    public static async Task<QmpClient> ConnectAsync(string socketPath, CancellationToken ct) =>
        await StartAsync(await UnixSocket.ConnectAsync(socketPath, ct), ct);

    /// <summary>Takes over <paramref name="stream"/>, also when it fails.</summary>
    internal static async Task<QmpClient> StartAsync(Stream stream, CancellationToken ct)
    {
        var client = new QmpClient(stream);
        try
        {
            await client.GreetAsync(ct);
            client._reading = client.ReadToEndAsync();
            await client.ExecuteAsync("qmp_capabilities", null, ct);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Completes when the channel has closed: QEMU is gone, or this object is disposed.</summary>
    public Task Closed => _reading;

    public async Task<JsonElement> ExecuteAsync(string command, JsonObject? arguments, CancellationToken ct)
    {
        var id = Interlocked.Increment(ref _lastId);
        var message = new JsonObject { ["execute"] = command, ["id"] = id };
        if (arguments is not null)
            message["arguments"] = arguments.Parent is null ? arguments : arguments.DeepClone();
        var answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[id] = answer;
        try
        {
            // Entered into _pending first: whoever closes the channel sees it there, or is seen here.
            if (Volatile.Read(ref _closed) is { } closed)
                throw new IOException(closed.Message, closed);
            await WriteAsync(message, ct);
            return Result(command, await answer.Task.WaitAsync(ct));
        }
        finally
        {
            _pending.TryRemove(id, out _);
        }
    }

    public Task<QmpEvent> WaitForAsync(Func<QmpEvent, bool> match, CancellationToken ct)
    {
        var subscription = new Subscription(match);
        lock (_subscriptions)
        {
            if (_closed is not null)
                return Task.FromException<QmpEvent>(new IOException(_closed.Message, _closed));
            _subscriptions.Add(subscription);
        }

        return AwaitAsync();

        async Task<QmpEvent> AwaitAsync()
        {
            try
            {
                return await subscription.Seen.Task.WaitAsync(ct);
            }
            finally
            {
                lock (_subscriptions)
                    _subscriptions.Remove(subscription);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        await _disposing.CancelAsync();
        await _reading;
        // Closed first: who is about to write then hears of it. The semaphore holds nothing to give back, and somebody may stand at it.
        Close(new IOException(ClosedHere));
        await _stream.DisposeAsync();
        _disposing.Dispose();
    }

    // {"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, …}, "capabilities": ["oob"]}}
    private async Task GreetAsync(CancellationToken ct)
    {
        var line = await _lines.ReadAsync(ct)
            ?? throw new IOException("QEMU closed the QMP connection instead of greeting; it is ending, or its start failed.");
        if (!Parse(line).TryGetProperty("QMP", out _))
            throw new IOException("What answers at the QMP socket does not greet as QEMU does.");
    }

    private async Task WriteAsync(JsonObject message, CancellationToken ct)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(message, QmpJson.Default.JsonObject);
        await _writing.WaitAsync(ct);
        try
        {
            // Not cancellable: half a message would spoil every later one.
            await _stream.WriteAsync(bytes, CancellationToken.None);
            await _stream.WriteAsync("\n"u8.ToArray(), CancellationToken.None);
        }
        catch (ObjectDisposedException disposed)
        {
            throw new IOException(ClosedHere, disposed);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadToEndAsync()
    {
        var reason = new IOException("The QMP connection is closed: QEMU has ended.");
        try
        {
            while (await _lines.ReadAsync(_disposing.Token) is { } line)
                Take(Parse(line));
        }
        catch (OperationCanceledException)
        {
            reason = new IOException(ClosedHere);
        }
        catch (IOException broken)
        {
            reason = new IOException($"The QMP connection broke: {broken.Message}", broken);
        }

        Close(reason);
    }

    // {"return": …, "id": 7} | {"error": {"class": …, "desc": …}, "id": 7} | {"event": …, "data": …, "timestamp": …}
    private void Take(JsonElement message)
    {
        if (message.TryGetProperty("event", out var name))
            Publish(ReadEvent(name.GetString()!, message));
        else if (message.TryGetProperty("id", out var id) && id.TryGetInt64(out var number) && _pending.TryRemove(number, out var answer))
            answer.TrySetResult(message);
    }

    private void Publish(QmpEvent seen)
    {
        Subscription[] matching;
        lock (_subscriptions)
            matching = [.. _subscriptions.Where(s => s.Matches(seen))];
        foreach (var subscription in matching)
            subscription.Seen.TrySetResult(seen);
    }

    private void Close(IOException reason)
    {
        lock (_subscriptions)
        {
            if (_closed is not null)
                return;
            Volatile.Write(ref _closed, reason);
            foreach (var subscription in _subscriptions)
                subscription.Fail(reason);
            _subscriptions.Clear();
        }

        foreach (var answer in _pending.Values)
            answer.TrySetException(new IOException(reason.Message, reason));
    }

    private static JsonElement Result(string command, JsonElement answer)
    {
        if (answer.TryGetProperty("return", out var result))
            return result;
        if (answer.TryGetProperty("error", out var error))
            throw new QmpException(command, Text(error, "class"), Text(error, "desc"));
        throw new IOException($"QEMU answered '{command}' with neither a return nor an error.");
    }

    private static string Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static QmpEvent ReadEvent(string name, JsonElement message)
    {
        var at = DateTimeOffset.UnixEpoch;
        if (message.TryGetProperty("timestamp", out var time))
            at = DateTimeOffset.FromUnixTimeSeconds(Number(time, "seconds")).AddMicroseconds(Number(time, "microseconds"));
        return new QmpEvent(name, message.TryGetProperty("data", out var data) ? data : default, at);
    }

    // Both are -1 when QEMU cannot tell the host's time.
    private static long Number(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.TryGetInt64(out var number) ? Math.Max(0, number) : 0;

    private static JsonElement Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.Clone();
        }
        catch (JsonException broken)
        {
            throw new IOException($"QEMU sent what is no JSON: {broken.Message}", broken);
        }
    }

    private sealed class Subscription(Func<QmpEvent, bool> match)
    {
        public TaskCompletionSource<QmpEvent> Seen { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        // A matcher that throws is its subscriber's fault and reaches it alone, not the reader that serves all.
        public bool Matches(QmpEvent seen)
        {
            try
            {
                return match(seen);
            }
            catch (Exception thrown) when (thrown is InvalidOperationException or KeyNotFoundException or FormatException)
            {
                Fail(thrown);
                return false;
            }
        }

        public void Fail(Exception reason) =>
            Seen.TrySetException(reason is IOException closed ? new IOException(closed.Message, closed) : reason);
    }
}
