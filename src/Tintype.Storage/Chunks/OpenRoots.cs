namespace Tintype.Storage.Chunks;

/// <summary>
/// The manifests that are being read in this process: the collector takes their roots for needed, so that a download goes on when its
/// image is deleted under it, as it does from a plain file. In memory only: what another server reads has the grace period.
/// </summary>
internal sealed class OpenRoots
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ChunkHash, int> _readers = [];

    public IDisposable Hold(ChunkHash root)
    {
        lock (_lock)
            _readers[root] = _readers.GetValueOrDefault(root) + 1;
        return new Reader(this, root);
    }

    public IReadOnlyList<ChunkHash> Snapshot()
    {
        lock (_lock)
            return [.. _readers.Keys];
    }

    private void Release(ChunkHash root)
    {
        lock (_lock)
        {
            if (--_readers[root] == 0)
                _readers.Remove(root);
        }
    }

    private sealed class Reader(OpenRoots roots, ChunkHash root) : IDisposable
    {
        private bool _disposed;

        public void Dispose()
        {
            if (_disposed)
                return;
            _disposed = true;
            roots.Release(root);
        }
    }
}
