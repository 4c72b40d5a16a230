using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;

namespace Tintype.Qemu.Nbd.Sockets;

/// <summary>The server's side of <see cref="SocketKeeper"/>, which knows by this connection that there is a server.</summary>
internal sealed class KeeperConnection : IDisposable
{
    private const string ControlName = "keeper.sock";
    private const string StartName = "keeper-start.sock";
    private const string LogName = "keeper.log";

    private static readonly TimeSpan _startWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _answerWithin = TimeSpan.FromSeconds(30);

    private readonly DescriptorChannel _channel;
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly CancellationTokenSource _closing = new();
    private TaskCompletionSource<(string Text, SafeSocketHandle? Descriptor)>? _answer;

    private KeeperConnection(Socket socket)
    {
        _channel = new DescriptorChannel(socket);
        Lost = ReadAsync();
    }

    /// <summary>Completes when the keeper has gone, or this connection is closed.</summary>
    public Task Lost { get; }

    /// <summary>Connects to the keeper that an earlier server has left. Null if there is none.</summary>
    public static async Task<KeeperConnection?> TryConnectAsync(string room, CancellationToken ct)
    {
        try
        {
            return new KeeperConnection(await UnixSocket.OpenAsync(Path.Combine(room, ControlName), ct, SocketType.Seqpacket));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Starts a keeper. It outlives us: a session of its own, and none of our pipes.</summary>
    /// <param name="program">This program's command line, without arguments.</param>
    /// <exception cref="IOException">It did not start.</exception>
    public static async Task<KeeperConnection> StartAsync(string room, IReadOnlyList<string> program, CancellationToken ct)
    {
        // It connects to us: the wait for it is an accept.
        var start = Path.Combine(room, StartName);
        File.Delete(start);
        using var listener = UnixSocket.ListenLasting(start, SocketType.Seqpacket, backlog: 1);
        var log = Path.Combine(room, LogName);
        using var process = Launch([.. program, SocketKeeper.Command, Path.Combine(room, ControlName), start], log);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_startWithin);
        var ended = process.WaitForExitAsync(limit.Token);
        var accepted = listener.AcceptAsync(limit.Token).AsTask();
        try
        {
            if (await Task.WhenAny(accepted, ended) == ended && !accepted.IsCompletedSuccessfully && !limit.IsCancellationRequested)
                throw new IOException($"The keeper of the guests' sockets ended at its start: {(await File.ReadAllTextAsync(log, ct)).Trim()}");
            return new KeeperConnection(await accepted);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new IOException($"The keeper of the guests' sockets did not start within {_startWithin.TotalSeconds:0} s.");
        }
        finally
        {
            File.Delete(start);
            await limit.CancelAsync();
            await ((Task)accepted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static System.Diagnostics.Process Launch(IReadOnlyList<string> command, string log)
    {
        try
        {
            return System.Diagnostics.Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", "exec \"$@\" </dev/null >/dev/null 2>\"$0\"", log, .. command])
            {
                WorkingDirectory = "/",
                Environment =
                {
                    // It holds a few descriptors and is there all the time: no memory for speed.
                    ["DOTNET_gcServer"] = "0", ["DOTNET_gcConcurrent"] = "0", ["DOTNET_GCHeapHardLimit"] = "0x2000000", ["DOTNET_TieredPGO"] = "0",
                },
            }) ?? throw new IOException("The keeper of the guests' sockets was not started.");
        }
        catch (Win32Exception missing)
        {
            throw new IOException($"The keeper of the guests' sockets was not started: {missing.Message}; it needs Debian's util-linux.", missing);
        }
    }

    public Task KeepAsync(KeptSocket socket, SafeSocketHandle descriptor, CancellationToken ct) => AskAsync(SocketKeeper.Keep + socket.ToText(), descriptor, ct);

    public Task DropAsync(string directory, CancellationToken ct) => AskAsync(SocketKeeper.Drop + directory, null, ct);

    /// <summary>All that are kept. The descriptors are the caller's.</summary>
    public async Task<IReadOnlyList<(KeptSocket Socket, SafeSocketHandle Descriptor)>> TakeAsync(CancellationToken ct)
    {
        var taken = new List<(KeptSocket, SafeSocketHandle)>();
        while (await AskAsync($"{SocketKeeper.Take}{taken.Count}", null, ct) is { Descriptor: { } descriptor } answer)
        {
            try
            {
                taken.Add((KeptSocket.Parse(answer.Text), descriptor));
            }
            catch (JsonException strange)
            {
                descriptor.Dispose();
                throw new IOException($"The keeper of the guests' sockets said '{answer.Text}'.", strange);
            }
        }

        return taken;
    }

    public void Dispose()
    {
        _closing.Cancel();
        _channel.Dispose();
    }

    private async Task<(string Text, SafeSocketHandle? Descriptor)> AskAsync(string text, SafeSocketHandle? descriptor, CancellationToken ct)
    {
        await _oneAtATime.WaitAsync(ct);
        try
        {
            var answer = new TaskCompletionSource<(string, SafeSocketHandle?)>(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _answer, answer);
            // Entered first: who ends the connection sees it there, or is seen here.
            if (Lost.IsCompleted)
                throw Gone();
            _channel.Send(text, descriptor);
            return await answer.Task.WaitAsync(_answerWithin, ct);
        }
        catch (TimeoutException mute)
        {
            throw new IOException("The keeper of the guests' sockets does not answer.", mute);
        }
        finally
        {
            Volatile.Write(ref _answer, null);
            _oneAtATime.Release();
        }
    }

    private async Task ReadAsync()
    {
        await Task.Yield();
        try
        {
            while (await _channel.ReceiveAsync(_closing.Token) is { } message)
            {
                if (Volatile.Read(ref _answer)?.TrySetResult(message) != true)
                    message.Descriptor?.Dispose();
            }
        }
        catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // As good as an orderly end.
        }

        // Not yet completed, so that whoever asks from here on fails by this or by the send.
        Volatile.Read(ref _answer)?.TrySetException(Gone());
    }

    private static IOException Gone() => new("The keeper of the guests' sockets has gone.");
}
