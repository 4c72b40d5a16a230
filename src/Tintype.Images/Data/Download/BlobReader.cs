using Microsoft.Extensions.Logging;
using Tintype.Images.Data.Blobs;
using Tintype.Images.Stores;
using Tintype.Storage;

namespace Tintype.Images.Data.Download;

/// <summary>Opens a blob in the best of the stores that have it.</summary>
internal sealed class BlobReader(BlobRepository blobs, ImageStores stores, ILogger<BlobReader> log)
{
    /// <summary>Bytes that the range has. When a store breaks off, another goes on where it ended.</summary>
    /// <param name="preferred">Names of stores to be asked first.</param>
    /// <exception cref="BlobNotFoundException">No store has the blob.</exception>
    public async Task<Stream> OpenAsync(Guid blobId, long offset, long length, IReadOnlyList<string>? preferred, CancellationToken ct)
    {
        var places = stores.InOrder(await blobs.ListCopiesAsync(blobId, ct), preferred);
        if (places.Count == 0)
            throw new BlobNotFoundException(string.Join(", ", stores.All.Select(s => s.Name)), blobId);
        var stream = new CopiesStream(places, offset, length, Failed);
        // Whoever reads shall hear before the first byte that there is none.
        await stream.OpenAsync(ct);
        return stream;
    }

    /// <summary>The file of the best copy, open; null if that one is no file of this host, or is not what it should be.</summary>
    /// <param name="size">Bytes that the blob has.</param>
    public async Task<FileStream?> OpenFileAsync(Guid blobId, long size, IReadOnlyList<string>? preferred, CancellationToken ct)
    {
        var best = stores.InOrder(await blobs.ListCopiesAsync(blobId, ct), preferred) is [var first, ..] ? first : null;
        if (best?.Store.Blobs is not ILocalFile files || best.Copy.Url is not null)
            return null;
        try
        {
            var file = new FileStream(files.PathOf(blobId), new FileStreamOptions
            {
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
                // The socket asks for it; the kernel, which reads the file, does not care.
                Options = FileOptions.Asynchronous,
            });
            if (file.Length == size)
                return file;
            await file.DisposeAsync();
            return null;
        }
        catch (IOException failure)
        {
            Failed(best, failure);
            return null;
        }
    }

    private void Failed(PlacedCopy place, Exception failure)
    {
        stores.ReportFailure(place.Store);
        DataLog.CopyFailed(log, failure, place.Copy.BlobId, place.Store.Name);
    }
}
