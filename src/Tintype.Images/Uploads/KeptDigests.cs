using Microsoft.Extensions.Options;

namespace Tintype.Images.Uploads;

/// <summary>
/// The digests of uploads between two requests. A hash cannot be written down half-way, so that after a restart, or when many others
/// have come since, the data has to be read again.
/// </summary>
internal sealed class KeptDigests(IOptions<UploadOptions> options) : IDisposable
{
    private readonly Lock _lock = new();
    // The longest unused first.
    private readonly OrderedDictionary<Guid, DataDigest> _digests = [];

    /// <summary>The digest of exactly so many bytes of the upload; it is the caller's until it is put back. Null if there is none.</summary>
    public DataDigest? Take(Guid upload, long length)
    {
        lock (_lock)
        {
            if (!_digests.Remove(upload, out var digest))
                return null;
            if (digest.Length == length)
                return digest;
            digest.Dispose();
            return null;
        }
    }

    public void Keep(Guid upload, DataDigest digest)
    {
        lock (_lock)
        {
            if (_digests.Remove(upload, out var older))
                older.Dispose();
            _digests.Add(upload, digest);
            if (_digests.Count <= options.Value.DigestsKept)
                return;
            _digests.GetAt(0).Value.Dispose();
            _digests.RemoveAt(0);
        }
    }

    public void Forget(Guid upload)
    {
        lock (_lock)
        {
            if (_digests.Remove(upload, out var digest))
                digest.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var digest in _digests.Values)
            digest.Dispose();
    }
}
