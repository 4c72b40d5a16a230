using System.Collections.Concurrent;

namespace Tintype.Images.Uploads;

/// <summary>One request at a time works on an upload. In memory: the server is one process.</summary>
internal sealed class UploadTurns
{
    private readonly ConcurrentDictionary<Guid, Turn> _turns = new();

    /// <returns>Null if another has the turn.</returns>
    public Turn? TryTake(Guid upload)
    {
        var turn = new Turn(upload, this);
        if (_turns.TryAdd(upload, turn))
            return turn;
        turn.Dispose();
        return null;
    }

    /// <summary>Whoever has the turn is told to stop; returns when it has.</summary>
    public async Task<Turn> TakeOverAsync(Guid upload, CancellationToken ct)
    {
        while (true)
        {
            if (TryTake(upload) is { } turn)
                return turn;
            if (_turns.TryGetValue(upload, out var other))
                await other.StopAsync().WaitAsync(ct);
        }
    }

    internal sealed class Turn(Guid upload, UploadTurns turns) : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Somebody is to end the upload.</summary>
        public CancellationToken Stopped => _stop.Token;

        public Task StopAsync()
        {
            _stop.Cancel();
            return _ended.Task;
        }

        // The source of the token needs no disposal, without timers and linked ones; another may just be cancelling it.
        public void Dispose()
        {
            turns._turns.TryRemove(KeyValuePair.Create(upload, this));
            _ended.TrySetResult();
        }
    }
}
