using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.Images.Data;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Records;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Storage;
using Tintype.Storage.Local;

namespace Tintype.Images.Uploads;

/// <summary>
/// Takes in one piece of an upload:
/// <code>
/// body ─► file ─► hashes, inspection        every so many bytes: data fsync ─► offset's row
///   └ ends, or breaks off ─► data fsync ─► offset's row ─► answer
///   └ all bytes are here  ─► <see cref="UploadCompletion"/>
/// with a checksum: body ─► file ─► as promised? ─► hashes, inspection ─► as above; otherwise the file is as long as it was
/// what a crash leaves: a file that is longer than the row says, and is cut off when the upload goes on; its hashes are gone, so that
/// what counts is read again then.
/// </code>
/// The row never says more than what is durable, and never that all is here before the image is active.
/// </summary>
internal sealed class UploadReceiver(
    UploadFiles files, KeptDigests kept, UploadCompletion completion, UploadRepository uploads, BlobIntake intake, MetadataDatabase database,
    IOptions<UploadOptions> options, TimeProvider time, ILogger<UploadReceiver> log)
{
    /// <summary>Whoever calls has the upload's turn, and has made sure that it is not complete.</summary>
    /// <param name="stop">The upload is to end.</param>
    /// <exception cref="Fault">460, 413; 503: broke off; 410: the upload has ended; whatever an upload in one go is refused with.</exception>
    public async Task<ResumableUpload> ReceiveAsync(ResumableUpload upload, ImageRecord image, UploadChecksum? checksum, Stream body, CancellationToken stop)
    {
        try
        {
            using var file = files.Open(upload.Id, upload.Offset);
            var digest = kept.Take(upload.Id, upload.Offset);
            try
            {
                digest ??= await ReadAgainAsync(upload, image, file);
                var now = await ReceiveAsync(upload, image, checksum, body, file, digest, stop);
                if (now.IsCompleted)
                    digest.Dispose();
                else
                    kept.Keep(upload.Id, digest);
                return now;
            }
            // What it has seen it has seen; how much of that counts is compared when it is taken again.
            catch (Exception failed) when (digest is not null && failed is Fault or StorageFullException)
            {
                kept.Keep(upload.Id, digest);
                throw;
            }
            catch
            {
                digest?.Dispose();
                throw;
            }
        }
        catch (StorageFullException full)
        {
            throw Fault.StorageFull(full);
        }
    }

    private async Task<ResumableUpload> ReceiveAsync(
        ResumableUpload upload, ImageRecord image, UploadChecksum? checksum, Stream body, GrowingFile file, DataDigest digest, CancellationToken stop)
    {
        await using var piece = new PieceStream(body, options.Value.IdleTimeout, upload.Length - upload.Offset, stop);
        try
        {
            if (checksum is null)
                await TakeAsync(upload, file, digest, piece);
            else
                await TakeCheckedAsync(file, digest, checksum, piece);
        }
        catch (StorageFullException)
        {
            await NoteAsync(upload, file, digest.Length);
            throw;
        }

        if (piece.IsTooLong)
            throw Fault.BeyondLength(upload.Length);
        // Also for a client that has gone: it finds out when it asks.
        if (digest.Length == upload.Length)
            return await completion.CompleteAsync(upload, image, file, digest);
        var now = await NoteAsync(upload, file, digest.Length);
        if (piece.Broken is not { } broken)
            return now;
        UploadLog.BrokeOff(log, upload.Id, upload.ImageId, now.Offset, now.Length);
        throw Fault.PieceBrokeOff(now.Offset, broken);
    }

    private async Task TakeAsync(ResumableUpload upload, GrowingFile file, DataDigest digest, Stream piece)
    {
        var noted = upload.Offset;
        var noting = Task.CompletedTask;
        try
        {
            await digest.FeedAsync(piece, async (bytes, end) =>
            {
                await file.WriteAsync(bytes, CancellationToken.None);
                if (end - noted < options.Value.CheckpointBytes || end == upload.Length || !noting.IsCompleted)
                    return;
                await noting;
                noted = end;
                noting = NoteAsync(upload, file, end);
            });
        }
        finally
        {
            await noting;
        }
    }

    /// <summary>Bytes that may still be refused get into no hash.</summary>
    private static async Task TakeCheckedAsync(GrowingFile file, DataDigest digest, UploadChecksum checksum, PieceStream piece)
    {
        using var hash = checksum.Begin();
        var buffer = new byte[SharedBlocks.BlockSize];
        for (var read = await FillAsync(); read > 0; read = await FillAsync())
        {
            hash.Append(buffer.AsSpan(0, read));
            await file.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None);
        }

        if (piece.Broken is not null || piece.IsTooLong)
            return;
        checksum.Check(hash);
        await ReadAsync(file, digest);

        ValueTask<int> FillAsync() => piece.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, CancellationToken.None);
    }

    private async Task<DataDigest> ReadAgainAsync(ResumableUpload upload, ImageRecord image, GrowingFile file)
    {
        var digest = new DataDigest(intake.Examine(image));
        if (upload.Offset == 0)
            return digest;
        UploadLog.ReadAgain(log, upload.Id, upload.Offset);
        try
        {
            await ReadAsync(file, digest);
            return digest;
        }
        catch
        {
            digest.Dispose();
            throw;
        }
    }

    private static async Task ReadAsync(GrowingFile file, DataDigest digest)
    {
        await using var source = file.OpenRead(digest.Length);
        await digest.FeedAsync(source, (_, _) => ValueTask.CompletedTask);
    }

    /// <summary>Makes so many bytes durable, then the offset.</summary>
    private async Task<ResumableUpload> NoteAsync(ResumableUpload upload, GrowingFile file, long offset)
    {
        await file.SyncAsync();
        var now = upload with { Offset = offset, ExpiresAt = time.GetUtcNow() + options.Value.Lifetime };
        if (!await database.WriteAsync(scope => uploads.AdvanceAsync(scope, upload.Id, offset, now.ExpiresAt), CancellationToken.None))
            throw Fault.UploadGone(upload.Id);
        return now;
    }
}
