using Tintype.Images.Data.Download;
using Tintype.Images.Data.Ingest;
using Tintype.Platform;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Data.Hashing;

/// <summary>Reads data that is in a store already, to find out about it what nobody has looked at: each hash in a task of its own.</summary>
internal sealed class StoredDataReading(BlobReader reader)
{
    /// <param name="bandwidth">Null for no limit.</param>
    /// <exception cref="IOException">It cannot be read, or ends too early.</exception>
    public async Task<IngestedData> RunAsync(Guid blobId, long size, DataExamination examination, ITaskProgress progress, CancellationToken ct, Bandwidth? bandwidth = null)
    {
        await using var data = await reader.OpenAsync(blobId, 0, size, null, ct);
        using var blocks = new SharedBlocks();
        var hashes = examination.HashBeside(blocks);
        var read = 0L;
        try
        {
            while (true)
            {
                var block = await blocks.TakeAsync(ct);
                var length = await data.ReadAtLeastAsync(block.Buffer, block.Buffer.Length, throwOnEndOfStream: false, ct);
                if (length == 0)
                    break;
                if (bandwidth is not null)
                    await bandwidth.SpendAsync(length, ct);
                block.Share(length, hashes.Count + 1);
                hashes.Post(block);
                examination.Inspect(block.Bytes.Span);
                block.Release();
                read += length;
                progress.Report(read, size);
            }
        }
        finally
        {
            // However it ended: the blocks' memory may go to others only when the hashes have let go of it.
            await hashes.EndAsync();
        }

        return read == size ? examination.Finish(size) : throw new EndOfStreamException($"Of the {size} bytes of blob {blobId} only {read} came.");
    }
}
