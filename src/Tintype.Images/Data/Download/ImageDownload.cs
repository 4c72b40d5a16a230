using Microsoft.AspNetCore.Http;
using Tintype.Images.Caching;
using Tintype.Images.Data.Transport;
using Tintype.Images.Policies;
using Tintype.Images.Records;
using Tintype.Images.Stores;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Storage;
using Tintype.Storage.Http;

namespace Tintype.Images.Data.Download;

/// <summary>Sends an image's data, or one range of it, from the store to the socket.</summary>
internal sealed class ImageDownload(ImageLifecycle lifecycle, BlobReader blobs, ImageCache cache, ImageStores stores, ImagePolicies policies)
{
    // Read straight into the connection's buffer, a block of its pool at a time; measured to be the fastest without the kernel's help.
    private const int BlockSize = 256 * 1024;

    public async Task SendAsync(Guid id, Caller caller, HttpRequest request, HttpResponse response, CancellationToken ct)
    {
        var image = await lifecycle.FindForDownloadAsync(id, caller, ct);
        if (image.BlobId is not { } blobId || image.Size is not { } size)
        {
            response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        var preferred = Preferred(request, image, caller);
        var range = ByteRange.Parse(request.Headers.Range, request.Headers.ContentRange, size);
        var bytes = range ?? new ByteRange(0, size);
        await using var file = Sender(request) is null ? null : await blobs.OpenFileAsync(blobId, size, preferred, ct);
        await using var data = file is null ? await OpenAsync(image, bytes, preferred, caller, ct) : null;
        response.StatusCode = range is null ? StatusCodes.Status200OK : StatusCodes.Status206PartialContent;
        response.ContentType = "application/octet-stream";
        response.ContentLength = bytes.Length;
        response.Headers.AcceptRanges = "bytes";
        // Glance's, hexadecimal and of the whole image, whatever part is sent; clients compare it.
        response.Headers.ContentMD5 = image.Checksum;
        if (range is { } part)
            response.Headers.ContentRange = part.ToContentRange(size);
        if (file is not null)
            await Sender(request)!.SendAsync(response, file, bytes.Offset, bytes.Length, ct);
        else
            await CopyAsync(data!, response, bytes.Length, ct);
    }

    /// <summary>Whoever can have the kernel send a file as the body; null where the bytes have to pass through us.</summary>
    private static SocketSender? Sender(HttpRequest request) =>
        HttpProtocol.IsHttp11(request.Protocol) ? request.HttpContext.Features.Get<SocketSender>() : null;

    private async Task<Stream> OpenAsync(ImageRecord image, ByteRange range, string[] preferred, Caller caller, CancellationToken ct)
    {
        try
        {
            return await cache.OpenAsync(image, range, preferred, ct);
        }
        catch (BlobNotFoundException)
        {
            // Deleted since it was looked up: then it is not found. If it is still there, its data is lost, and that is for the log.
            await lifecycle.FindForDownloadAsync(image.Id, caller, ct);
            throw;
        }
        catch (RemoteDataException failed)
        {
            throw Fault.DataUnavailable(failed);
        }
    }

    /// <summary><c>?prefer=a,b</c>: the stores to read from, if they have the image.</summary>
    /// <exception cref="Fault">403: the policy lets this caller choose none; 400: there is no such store.</exception>
    private string[] Preferred(HttpRequest request, ImageRecord image, Caller caller)
    {
        var named = request.Query["prefer"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (named.Length > 0)
            policies.Require(ImagePolicy.DownloadFromStore, caller, image);
        if (named.FirstOrDefault(name => !stores.TryFind(name, out _)) is { } unknown)
            throw Fault.UnknownStorePreferred(unknown, stores);
        return named;
    }

    private static async Task CopyAsync(Stream data, HttpResponse response, long length, CancellationToken ct)
    {
        var body = response.BodyWriter;
        while (length > 0)
        {
            var buffer = body.GetMemory(BlockSize);
            var read = await data.ReadAsync(buffer[..(int)Math.Min(buffer.Length, length)], ct);
            if (read == 0)
                throw new EndOfStreamException($"The store's data ended {length} bytes early.");
            body.Advance(read);
            length -= read;
            var flushed = await body.FlushAsync(ct);
            if (flushed.IsCompleted)
                break;
        }
    }
}
