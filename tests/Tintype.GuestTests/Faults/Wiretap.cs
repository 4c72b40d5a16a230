using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Tintype.GuestTests.Faults;

/// <summary>
/// Stands between the server and one of a guest's sockets, QMP's or its agent's, and knows by name what passes: so a test strikes at a named step of
/// the server's work, which knows nothing of it.
/// <code>server ─► the socket's name: the tap ─► QEMU, at another name</code>
/// Placed while no server is connected. QEMU serves one connection at a time, so each here has one there.
/// </summary>
internal sealed class Wiretap : IAsyncDisposable
{
    private readonly string _upstream;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _over = new();
    private readonly ConcurrentDictionary<Task, byte> _connections = new();
    private readonly Task _accepting;
    private TapConnection? _latest;

    /// <param name="path">A socket that QEMU listens on.</param>
    public Wiretap(string path)
    {
        _upstream = $"{path}.qemu";
        // One that is there already is this QEMU's: an earlier tap has moved it.
        if (!File.Exists(_upstream))
            File.Move(path, _upstream);
        File.Delete(path);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(16);
        _accepting = AcceptAsync();
    }

    /// <summary>Called before a message goes on; it waits meanwhile.</summary>
    public Func<Passing, Task> OnPassing { get; set; } = _ => Task.CompletedTask;

    /// <summary>Has QEMU asked something on the server's own QMP connection, of which the server hears nothing.</summary>
    public async Task<JsonElement> AskAsync(string command, JsonObject? arguments = null)
    {
        var latest = Volatile.Read(ref _latest) ?? throw new InvalidOperationException("No server has connected.");
        var answer = await latest.AskAsync(command, arguments).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.True(answer.TryGetProperty("return", out var result), $"{command} {arguments}: {answer}");
        return result;
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
        _over.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var server = await _listener.AcceptAsync(_over.Token);
                var run = RunAsync(server);
                _connections[run] = 0;
                _ = run.ContinueWith(ended => _connections.TryRemove(ended, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }
        catch (Exception over) when (over is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task RunAsync(Socket server)
    {
        using var downstream = new NetworkStream(server, ownsSocket: true);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_upstream), _over.Token);
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException)
        {
            // No QEMU any more: the server sees its connection end.
            socket.Dispose();
            return;
        }

        using var upstream = new NetworkStream(socket, ownsSocket: true);
        var connection = new TapConnection(downstream, upstream, passing => OnPassing(passing));
        Volatile.Write(ref _latest, connection);
        await connection.RunAsync(_over.Token);
    }
}

/// <summary>A message on its way.</summary>
/// <param name="Name">The command; an answer has that of its command.</param>
internal readonly record struct Passing(string Name, bool IsAnswer);

/// <summary>One connection through a <see cref="Wiretap"/>.</summary>
internal sealed class TapConnection(Stream server, Stream qemu, Func<Passing, Task> pass)
{
    private const string OwnId = "tap-";

    private readonly ConcurrentQueue<string> _asked = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonElement>> _own = new();
    private readonly SemaphoreSlim _writing = new(1);
    private int _lastId;

    public async Task RunAsync(CancellationToken ct)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var ends = new[] { PumpAsync(server, ForwardAsync, either.Token), PumpAsync(qemu, ReturnAsync, either.Token) };
        await Task.WhenAny(ends);
        await either.CancelAsync();
        await Task.WhenAll(ends);
        foreach (var waiting in _own.Values)
            waiting.TrySetException(new IOException("The connection has ended."));
    }

    public async Task<JsonElement> AskAsync(string command, JsonObject? arguments)
    {
        var id = $"{OwnId}{Interlocked.Increment(ref _lastId)}";
        var answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        _own[id] = answer;
        var message = new JsonObject { ["execute"] = command, ["id"] = id };
        if (arguments is not null)
            message["arguments"] = arguments.DeepClone();
        await WriteAsync(Encoding.UTF8.GetBytes(message.ToJsonString() + "\n"), CancellationToken.None);
        return await answer.Task;
    }

    private async Task ForwardAsync(byte[] line, CancellationToken ct)
    {
        if (Parse(line) is { } message && message.TryGetProperty("execute", out var name))
        {
            await pass(new Passing(name.GetString()!, IsAnswer: false)).WaitAsync(ct);
            _asked.Enqueue(name.GetString()!);
        }

        await WriteAsync(line, ct);
    }

    private async Task ReturnAsync(byte[] line, CancellationToken ct)
    {
        if (Parse(line) is { } message && (message.TryGetProperty("return", out _) || message.TryGetProperty("error", out _)))
        {
            if (message.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String && _own.TryRemove(id.GetString()!, out var own))
            {
                own.TrySetResult(message);
                return;
            }

            // Both kinds of QEMU's sockets answer in the order of the questions.
            if (_asked.TryDequeue(out var name))
                await pass(new Passing(name, IsAnswer: true)).WaitAsync(ct);
        }

        await server.WriteAsync(line, ct);
    }

    private async Task WriteAsync(byte[] line, CancellationToken ct)
    {
        await _writing.WaitAsync(ct);
        try
        {
            await qemu.WriteAsync(line, ct);
        }
        finally
        {
            _writing.Release();
        }
    }

    private static async Task PumpAsync(Stream from, Func<byte[], CancellationToken, Task> take, CancellationToken ct)
    {
        var buffer = new byte[65536];
        using var line = new MemoryStream();
        try
        {
            while (await from.ReadAsync(buffer, ct) is > 0 and var read)
            {
                for (var start = 0; start < read;)
                {
                    var end = buffer.AsSpan(start, read - start).IndexOf((byte)'\n');
                    var length = end < 0 ? read - start : end + 1;
                    line.Write(buffer, start, length);
                    start += length;
                    if (end < 0)
                        continue;
                    var whole = line.ToArray();
                    line.SetLength(0);
                    await take(whole, ct);
                }
            }
        }
        catch (Exception ended) when (ended is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side has gone, and with it the other.
        }
    }

    // The agent's lines may begin with the byte that resets its parser.
    private static JsonElement? Parse(byte[] line)
    {
        try
        {
            using var document = JsonDocument.Parse(line.AsMemory(Array.LastIndexOf(line, (byte)0xFF) + 1));
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
