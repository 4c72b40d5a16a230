namespace Tintype.Platform.Tasks;

/// <summary>The handlers that the rooms have brought, by kind.</summary>
internal sealed class TaskHandlers(IEnumerable<ITaskHandler> handlers) : IDisposable
{
    private readonly Dictionary<string, (ITaskHandler Handler, SemaphoreSlim Slots)> _handlers =
        handlers.ToDictionary(h => h.Kind, h => (h, new SemaphoreSlim(h.MaxConcurrency)));

    /// <summary>Null if this server does not know how to do it.</summary>
    public ITaskHandler? Find(string kind) => _handlers.TryGetValue(kind, out var found) ? found.Handler : null;

    /// <summary>The free places of a kind that is known.</summary>
    public SemaphoreSlim SlotsOf(string kind) => _handlers[kind].Slots;

    /// <summary>Why a task of the kind cannot be cancelled; null if it can.</summary>
    public string? UncancellableBecause(string kind) => Find(kind) is { } handler ? handler.UncancellableBecause : null;

    public void Dispose()
    {
        foreach (var (_, slots) in _handlers.Values)
            slots.Dispose();
    }
}
