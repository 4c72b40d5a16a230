using System.Collections.Concurrent;

namespace Tintype.Images.Data.Ingest;

/// <summary>
/// The blobs on their way into the store: no row names them yet, and still they are no garbage. In memory only: after a crash
/// nothing is on its way.
/// </summary>
internal sealed class RunningUploads
{
    private readonly ConcurrentDictionary<Guid, bool> _blobs = new();

    /// <summary>To be called before the store hears of the blob, and disposed once a row names it or it has been given up.</summary>
    public IDisposable Begin(Guid blobId)
    {
        _blobs[blobId] = true;
        return new Upload(this, blobId);
    }

    public IReadOnlySet<Guid> Snapshot() => _blobs.Keys.ToHashSet();

    private sealed class Upload(RunningUploads uploads, Guid blobId) : IDisposable
    {
        public void Dispose() => uploads._blobs.TryRemove(blobId, out _);
    }
}
