using Microsoft.Extensions.Options;
using Tintype.Images.Data;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Records;
using Tintype.Images.Signatures;
using Tintype.Images.Stores;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Uploads;

/// <summary>Uploads of image data that go on where they broke off.</summary>
internal sealed class ImageUploads(
    UploadRepository uploads, UploadReceiver receiver, UploadRemoval removal, UploadTurns turns, ImageLifecycle lifecycle, ImageStores stores, BlobIntake intake, ImageSignatures signatures,
    MetadataDatabase database, IOptions<UploadOptions> options, IOptions<ImageDataOptions> data, TimeProvider time)
{
    /// <summary>Bytes that an upload may have at most.</summary>
    public long MaximumSize => data.Value.SizeCapBytes;

    /// <param name="length">Bytes that will come in all.</param>
    /// <param name="metadata">As the client sent it.</param>
    /// <exception cref="Fault">Whatever an upload in one go is refused with before its first byte.</exception>
    public async Task<ResumableUpload> CreateAsync(Caller caller, long length, string metadata, CancellationToken ct)
    {
        var said = UploadMetadata.Parse(metadata);
        var store = said.Store is null ? stores.Default : stores.TryFind(said.Store, out var wished) && wished.TakesData ? wished : throw Fault.UnknownStoreWish(said.Store, stores);
        var image = await lifecycle.FindForUploadAsync(said.ImageId, caller, ct);
        intake.RefuseBeyondCap(length);
        // Asked again when all has come; but who has written nonsense learns it before sending gigabytes.
        await signatures.PrepareAsync(image, ct);
        var upload = new ResumableUpload(Guid.NewGuid(), said.ImageId, caller.ProjectId, store.Name, length, 0, metadata,
            time.GetUtcNow() + options.Value.Lifetime, IsCompleted: false);
        await database.WriteAsync(async scope =>
        {
            await lifecycle.BeginResumableAsync(scope, said.ImageId, length);
            await uploads.InsertAsync(scope, upload);
        }, ct);
        return upload;
    }

    /// <exception cref="Fault">404 unless it is the caller's; 410 expired; 403 when the data of the image is not theirs to bring.</exception>
    public async Task<ResumableUpload> FindAsync(Guid id, Caller caller, CancellationToken ct) => (await FindWithImageAsync(id, caller, ct)).Upload;

    /// <param name="offset">Where the client believes the upload to be.</param>
    /// <param name="announced">Bytes of the body; null if it does not say.</param>
    /// <exception cref="Fault">As for finding; 423 busy; 409 another offset; what the receiver refuses.</exception>
    public async Task<ResumableUpload> ReceiveAsync(Guid id, Caller caller, long offset, UploadChecksum? checksum, long? announced, Stream body, CancellationToken ct)
    {
        await FindAsync(id, caller, ct);
        using var turn = turns.TryTake(id) ?? throw Fault.UploadBusy(id);
        // Again: only now nobody else moves it.
        var (upload, image) = await FindWithImageAsync(id, caller, ct);
        if (offset != upload.Offset)
            throw Fault.OffsetMismatch(offset, upload.Offset);
        if (announced > upload.Length - offset)
            throw Fault.BeyondLength(upload.Length);
        if (upload.IsCompleted)
            return upload;
        // Not the request's own token: a client that hangs up has sent bytes that are yet to be read. Its body ends by itself.
        return await receiver.ReceiveAsync(upload, image, checksum, body, turn.Stopped);
    }

    /// <exception cref="Fault">As for finding.</exception>
    public async Task TerminateAsync(Guid id, Caller caller, CancellationToken ct)
    {
        await FindAsync(id, caller, ct);
        await removal.RemoveAsync(id, ct);
    }

    private async Task<(ResumableUpload Upload, ImageRecord Image)> FindWithImageAsync(Guid id, Caller caller, CancellationToken ct)
    {
        if (await uploads.FindAsync(id, ct) is not { } upload || upload.Project != caller.ProjectId)
            throw Fault.UploadNotFound(id);
        if (upload.ExpiresAt <= time.GetUtcNow())
            throw Fault.UploadExpired(id, upload.ExpiresAt);
        return (upload, await lifecycle.FindForUploadAsync(upload.ImageId, caller, ct));
    }
}
