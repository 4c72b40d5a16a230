using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Tintype.Qemu.Nbd;

/// <summary>
/// Serves disks over NBD on a socket that listens already, read-only: fixed newstyle, structured replies and <c>base:allocation</c>, as
/// NetworkBlockDevice/nbd, doc/proto.md has it. Who connects is a confined QEMU, and may be its guest: lengths, names, connections and memory are
/// bounded, whatever comes. Disposing ends the connections and closes this process's descriptor of the listener.
/// </summary>
internal sealed partial class NbdServer : IAsyncDisposable
{
    private const int MaximumConnections = 16;

    private static readonly TimeSpan _negotiationLimit = TimeSpan.FromSeconds(30);

    private readonly Socket _listener;
    private readonly IReadOnlyList<string> _names;
    private readonly INbdExports _exports;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _ending = new();
    private readonly HashSet<Task> _connections = [];
    private readonly Task _accepting;
    private bool _disposed;

    /// <param name="listener">Becomes this object's own.</param>
    /// <param name="names">The exports that may be asked for on this socket; there may be others.</param>
    public NbdServer(Socket listener, IReadOnlyList<string> names, INbdExports exports, ILogger log)
    {
        _listener = listener;
        _names = names;
        _exports = exports;
        _log = log;
        _accepting = AcceptAsync();
    }

    public IReadOnlyList<string> Names => _names;

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        await _ending.CancelAsync();
        await _accepting;
        Task[] left;
        lock (_connections)
            left = [.. _connections];
        await Task.WhenAll(left);
        _listener.Dispose();
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(_ending.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException failed) when (failed.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.Interrupted)
            {
                // Who wanted to connect has gone again.
                continue;
            }
            catch (SocketException broken)
            {
                LogDeaf(_log, broken, string.Join(", ", _names));
                return;
            }

            Take(socket);
        }
    }

    private void Take(Socket socket)
    {
        lock (_connections)
        {
            if (_connections.Count == MaximumConnections)
            {
                socket.Dispose();
                return;
            }

            var connection = ServeAsync(socket);
            _connections.Add(connection);
            _ = connection.ContinueWith(ended =>
            {
                lock (_connections)
                    _connections.Remove(ended);
            }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await Task.Yield();
        using var channel = new NbdChannel(socket);
        try
        {
            if (await NegotiateAsync(channel) is { } session)
            {
                await using (session)
                {
                    using var transmission = new NbdTransmission(channel, session, _log);
                    await transmission.RunAsync(_ending.Token);
                }
            }
        }
        catch (Exception gone) when (gone is IOException or SocketException)
        {
            // It hung up, or does not speak the protocol: its own affair.
            LogLost(_log, gone.Message);
        }
        catch (OperationCanceledException)
        {
            // We end, or it took too long to say what it wants.
        }
#pragma warning disable CA1031 // Nobody awaits the connection; what fails here must be heard of, and the others go on.
        catch (Exception failed)
#pragma warning restore CA1031
        {
            LogFailed(_log, failed);
        }
    }

    private async Task<NbdSession?> NegotiateAsync(NbdChannel channel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        limit.CancelAfter(_negotiationLimit);
        return await new NbdNegotiation(channel, _names, _exports).RunAsync(limit.Token);
    }

    [LoggerMessage(1, LogLevel.Debug, "An NBD connection ended: {Reason}")]
    private static partial void LogLost(ILogger log, string reason);

    [LoggerMessage(2, LogLevel.Error, "An NBD connection was given up")]
    private static partial void LogFailed(ILogger log, Exception failure);

    [LoggerMessage(3, LogLevel.Error, "The socket that gives {Names} can take no more connections")]
    private static partial void LogDeaf(ILogger log, Exception failure, string names);
}
