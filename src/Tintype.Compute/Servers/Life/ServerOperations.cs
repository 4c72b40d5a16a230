using System.Collections.Concurrent;

namespace Tintype.Compute.Servers.Life;

/// <summary>What this process is doing to which server, so that a deletion can end it first.</summary>
internal sealed class ServerOperations
{
    private readonly ConcurrentDictionary<Guid, ServerOperation> _running = new();

    /// <summary>Begins the one operation of a server; its token is cancelled by a deletion, or with <paramref name="ct"/>.</summary>
    public ServerOperation Begin(Guid serverId, CancellationToken ct)
    {
        var operation = new ServerOperation(ended => _running.TryRemove(KeyValuePair.Create(serverId, ended)), ct);
        if (_running.TryAdd(serverId, operation))
            return operation;
        operation.Dispose();
        throw new InvalidOperationException($"Two operations at once on server {serverId}.");
    }

    /// <summary>Cancels what is under way and waits until it has stopped touching the server.</summary>
    public async Task CancelAsync(Guid serverId)
    {
        if (_running.TryGetValue(serverId, out var operation))
            await operation.CancelAsync();
    }
}

internal sealed class ServerOperation : IDisposable
{
    private readonly CancellationTokenSource _cancellation;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<ServerOperation> _onEnd;

    public ServerOperation(Action<ServerOperation> onEnd, CancellationToken ct)
    {
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _onEnd = onEnd;
    }

    public CancellationToken Token => _cancellation.Token;

    public async Task CancelAsync()
    {
        try
        {
            await _cancellation.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It ended in between.
        }

        await _ended.Task;
    }

    public void Dispose()
    {
        _onEnd(this);
        _cancellation.Dispose();
        _ended.TrySetResult();
    }
}
