using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Tintype.Qemu.Process;

namespace Tintype.Qemu.Nbd.Sockets;

/// <param name="room">Where the keeper has its control socket; closed to others.</param>
/// <param name="program">This program's command line, which starts the keeper with <see cref="SocketKeeper.Command"/>.</param>
public sealed partial class DiskSockets(string room, IReadOnlyList<string> program, INbdExports exports, ILogger<DiskSockets> log) : IDiskSockets, IAsyncDisposable
{
    // A guest makes one connection, and another when it lost the first.
    private const int Backlog = 16;

    private static readonly TimeSpan _startAgain = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _changing = new(1);
    private readonly Dictionary<string, Offer> _offers = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ending = new();
    private KeeperConnection? _keeper;
    private Task _watching = Task.CompletedTask;
    private bool _disposed;

    /// <param name="Kept">A descriptor of our own for the keeper: the server closes its one.</param>
    private sealed record Offer(KeptSocket Socket, NbdServer Server, SafeSocketHandle Kept);

    public async Task ResumeAsync(CancellationToken ct)
    {
        await _changing.WaitAsync(ct);
        try
        {
            if (_keeper is not null || await KeeperConnection.TryConnectAsync(room, ct) is not { } keeper)
                return;
            Watch(keeper);
            foreach (var (socket, descriptor) in await keeper.TakeAsync(ct))
            {
                if (OwnedDirectory.IsInUse(socket.Directory))
                {
                    Serve(socket, descriptor);
                    LogResumed(log, socket.Directory);
                    continue;
                }

                descriptor.Dispose();
                await keeper.DropAsync(socket.Directory, ct);
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    public async Task OfferAsync(string directory, uint uid, IReadOnlyList<string> exports, CancellationToken ct)
    {
        var full = Path.GetFullPath(directory);
        await _changing.WaitAsync(ct);
        try
        {
            await TakeAwayAsync(full);
            var path = Path.Combine(full, IDiskSockets.SocketName);
            File.Delete(path);
            using var listener = UnixSocket.ListenLasting(path, SocketType.Stream, Backlog);
            OwnedDirectory.Give(path, uid);
            var socket = new KeptSocket(full, exports);
            await (await KeeperAsync(ct)).KeepAsync(socket, listener.SafeHandle, ct);
            Serve(socket, Duplicate(listener.SafeHandle));
        }
        finally
        {
            _changing.Release();
        }
    }

    public bool IsOffered(string directory)
    {
        lock (_offers)
            return _offers.ContainsKey(Path.GetFullPath(directory));
    }

    public async Task WithdrawAsync(string directory)
    {
        var full = Path.GetFullPath(directory);
        await _changing.WaitAsync();
        try
        {
            await TakeAwayAsync(full);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Ends the connections; the sockets go on listening.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        await _ending.CancelAsync();
        await _watching;
        _keeper?.Dispose();
        foreach (var offer in _offers.Values)
            await EndAsync(offer);
        _offers.Clear();
        // The semaphore holds nothing to give back, and somebody may stand at it.
        _ending.Dispose();
    }

    private async Task<KeeperConnection> KeeperAsync(CancellationToken ct)
    {
        if (_keeper is { Lost.IsCompleted: false } there)
            return there;
        Directory.CreateDirectory(room, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var keeper = await KeeperConnection.TryConnectAsync(room, ct) ?? await KeeperConnection.StartAsync(room, program, ct);
        try
        {
            foreach (var offer in _offers.Values)
                await keeper.KeepAsync(offer.Socket, offer.Kept, ct);
        }
        catch
        {
            // It would take our end of the connection for a server that is there.
            keeper.Dispose();
            throw;
        }

        Watch(keeper);
        return keeper;
    }

    private void Watch(KeeperConnection keeper)
    {
        _keeper?.Dispose();
        _keeper = keeper;
        if (_watching.IsCompleted)
            _watching = WatchAsync();
    }

    // Should somebody kill the keeper, the guests must find another before the server goes too.
    private async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                await _keeper!.Lost.WaitAsync(_ending.Token);
                await ReplaceAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // We end, and the keeper stays.
        }
    }

    private async Task ReplaceAsync()
    {
        await _changing.WaitAsync(_ending.Token);
        try
        {
            LogKeeperLost(log);
            await KeeperAsync(_ending.Token);
        }
        catch (IOException failed)
        {
            LogNoKeeper(log, failed);
        }
        finally
        {
            _changing.Release();
        }

        if (_keeper!.Lost.IsCompleted)
            await Task.Delay(_startAgain, _ending.Token);
    }

    private void Serve(KeptSocket socket, SafeSocketHandle descriptor)
    {
        // Once as it is, for another keeper, and once for the server, which closes it.
        var offer = new Offer(socket, new NbdServer(new Socket(Duplicate(descriptor)), socket.Exports, exports, log), descriptor);
        lock (_offers)
            _offers[socket.Directory] = offer;
    }

    private async Task TakeAwayAsync(string directory)
    {
        Offer? offer;
        lock (_offers)
            _offers.Remove(directory, out offer);
        if (offer is null)
            return;
        await EndAsync(offer);
        if (_keeper is not { Lost.IsCompleted: false } keeper)
            return;
        try
        {
            await keeper.DropAsync(directory, CancellationToken.None);
        }
        catch (IOException gone)
        {
            // It has gone, and with it what it kept; the next one is told of what is offered then.
            LogNotDropped(log, gone, directory);
        }
    }

    private static async Task EndAsync(Offer offer)
    {
        await offer.Server.DisposeAsync();
        offer.Kept.Dispose();
    }

    // The runtime's epoll knows a descriptor by its number and the socket behind it, and forgets it only when the socket is closed everywhere, which
    // the keeper prevents: a number that was this socket's already must not become it again.
    private static SafeSocketHandle Duplicate(SafeSocketHandle handle)
    {
        var lowest = FirstCopy + (int)((uint)Interlocked.Increment(ref _copies) % Copies);
        var copy = new SafeSocketHandle(DuplicateDescriptor(handle, DuplicateCloseOnExec, lowest), ownsHandle: true);
        return copy.IsInvalid ? throw new IOException($"A socket could not be opened once more: {Marshal.GetLastPInvokeErrorMessage()}") : copy;
    }

    private const int FirstCopy = 256;
    private const int Copies = 512;
    private const int DuplicateCloseOnExec = 1030;

    private static int _copies;

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int DuplicateDescriptor(SafeSocketHandle descriptor, int command, int lowest);

    [LoggerMessage(1, LogLevel.Information, "The guest in {Directory} reads its disk here again")]
    private static partial void LogResumed(ILogger log, string directory);

    [LoggerMessage(2, LogLevel.Warning, "The process that keeps the guests' sockets has ended; another takes its place")]
    private static partial void LogKeeperLost(ILogger log);

    [LoggerMessage(3, LogLevel.Error, "Nobody keeps the guests' sockets: when this server ends, guests that read from a store stand still for longer")]
    private static partial void LogNoKeeper(ILogger log, Exception failure);

    [LoggerMessage(4, LogLevel.Debug, "The socket in {Directory} was not dropped by its keeper")]
    private static partial void LogNotDropped(ILogger log, Exception failure, string directory);
}
