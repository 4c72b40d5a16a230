using System.Net.Sockets;
using System.Runtime.InteropServices;
using Tintype.Qemu.Process;

namespace Tintype.Qemu.Nbd.Sockets;

/// <summary>
/// Keeps the listening sockets of guests while there is no server: a process of its own, started from this same program, that holds descriptors
/// and does nothing with them. A guest's connection that comes meanwhile waits in the kernel, and the next server finds it there.
/// <code>
/// started by a server ─► it is connected to: keep, drop, take
///        its connection ends (it was stopped, or killed) ─► every few seconds: a socket in whose directory no process runs any more is let go
///                 ├─► another server connects ─► it takes what there is
///                 └─► nothing is left ─────────► the end
/// </code>
/// </summary>
public sealed class SocketKeeper : IDisposable
{
    /// <summary>The first argument: <c>socket-keeper CONTROL-SOCKET STARTER'S-SOCKET</c>.</summary>
    public const string Command = "socket-keeper";

    internal const string Keep = "keep ";
    internal const string Drop = "drop ";
    internal const string Take = "take ";
    internal const string Done = "done";
    internal const string End = "end";

    private static readonly TimeSpan _look = TimeSpan.FromSeconds(3);

    private readonly string _path;
    private readonly Socket _listener;
    private readonly Lock _lock = new();
    private readonly List<(KeptSocket Socket, SafeSocketHandle Descriptor)> _kept = [];
    private readonly CancellationTokenSource _ended = new();
    private int _servers;

    private SocketKeeper(string path)
    {
        _path = path;
        File.Delete(path);
        _listener = UnixSocket.ListenLasting(path, SocketType.Seqpacket, backlog: 8);
    }

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [_, var path, var starter])
        {
            await Console.Error.WriteLineAsync($"usage: {Command} CONTROL-SOCKET STARTER'S-SOCKET");
            return 2;
        }

        // It ends when nobody needs it, and not with the server: neither by a signal to all processes of that name.
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => signal.Cancel = true);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => signal.Cancel = true);
        using var keeper = new SocketKeeper(path);
        keeper.Begin(await UnixSocket.OpenAsync(starter, CancellationToken.None, SocketType.Seqpacket));
        await Task.WhenAll(keeper.AcceptAsync(), keeper.LookAsync());
        return 0;
    }

    public void Dispose()
    {
        _listener.Dispose();
        _ended.Dispose();
        foreach (var (_, descriptor) in _kept)
            descriptor.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                Begin(await _listener.AcceptAsync(_ended.Token));
        }
        catch (OperationCanceledException)
        {
            // Nobody needs it any more.
        }
    }

    private void Begin(Socket connection)
    {
        lock (_lock)
            _servers++;
        _ = ServeAsync(new DescriptorChannel(connection));
    }

    private async Task ServeAsync(DescriptorChannel channel)
    {
        using (channel)
        {
            try
            {
                while (await channel.ReceiveAsync(_ended.Token) is { } message)
                    Answer(channel, message.Text, message.Descriptor);
            }
            catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException)
            {
                // The server has ended in the middle of a word, or we end.
            }
            finally
            {
                lock (_lock)
                    _servers--;
            }
        }
    }

    private void Answer(DescriptorChannel channel, string text, SafeSocketHandle? descriptor)
    {
        lock (_lock)
        {
            if (text.StartsWith(Keep, StringComparison.Ordinal) && descriptor is not null)
            {
                var socket = KeptSocket.Parse(text[Keep.Length..]);
                LetGo(socket.Directory);
                _kept.Add((socket, descriptor));
                channel.Send(Done);
                return;
            }

            descriptor?.Dispose();
            if (text.StartsWith(Take, StringComparison.Ordinal) && int.TryParse(text.AsSpan(Take.Length), out var index) && index < _kept.Count)
            {
                channel.Send(_kept[index].Socket.ToText(), _kept[index].Descriptor);
                return;
            }

            if (text.StartsWith(Drop, StringComparison.Ordinal))
                LetGo(text[Drop.Length..]);
            channel.Send(text.StartsWith(Take, StringComparison.Ordinal) ? End : Done);
        }
    }

    private void LetGo(string directory)
    {
        foreach (var (socket, descriptor) in _kept.FindAll(k => k.Socket.Directory == directory))
        {
            descriptor.Dispose();
            _kept.Remove((socket, descriptor));
        }
    }

    // A server sees its guests' ends itself.
    private async Task LookAsync()
    {
        using var pace = new PeriodicTimer(_look);
        while (await pace.WaitForNextTickAsync())
        {
            lock (_lock)
            {
                if (_servers > 0)
                    continue;
                foreach (var (socket, _) in _kept.FindAll(k => !OwnedDirectory.IsInUse(k.Socket.Directory)))
                    LetGo(socket.Directory);
                if (_kept.Count > 0)
                    continue;
                // A server that connects from here on finds nobody, and starts another. The data directory may have gone.
                if (File.Exists(_path))
                    File.Delete(_path);
            }

            await _ended.CancelAsync();
            return;
        }
    }
}
