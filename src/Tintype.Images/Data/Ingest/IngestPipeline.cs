using Tintype.Images.Data.Hashing;
using Tintype.Storage;

namespace Tintype.Images.Data.Ingest;

/// <summary>The data stopped coming: the client went away, or what produced the data failed.</summary>
internal sealed class DataSourceException(long received, IOException inner) : IOException($"The data broke off after {received} bytes.", inner)
{
    public long Received { get; } = received;
}

/// <summary>
/// Moves one image's data into the store, looking at each byte once:
/// <code>
///          ┌─► MD5                  (a task of its own)
/// source ──┼─► the image's own hash (a task of its own)
///          ├─► inspection
///          └─► store                (by whoever reads the source)
/// </code>
/// </summary>
internal static class IngestPipeline
{
    /// <summary>Reads the source to its end. The writer is neither committed nor disposed.</summary>
    /// <param name="refuseBeyond">Called as soon as more bytes have come than it allows; throws.</param>
    /// <exception cref="DataSourceException">The source failed.</exception>
    public static async Task<IngestedData> RunAsync(
        Stream source, IBlobWriter writer, DataExamination examination, Action<long> refuseBeyond, CancellationToken ct)
    {
        using var blocks = new SharedBlocks();
        var hashes = examination.HashBeside(blocks);
        try
        {
            while (true)
            {
                var block = await blocks.TakeAsync(ct);
                var length = await FillAsync(source, block.Buffer, writer.Length, ct);
                if (length == 0)
                    break;
                refuseBeyond(writer.Length + length);
                block.Share(length, hashes.Count + 1);
                hashes.Post(block);
                examination.Inspect(block.Bytes.Span);
                await writer.WriteAsync(block.Bytes, ct);
                block.Release();
            }
        }
        finally
        {
            // However it ended: the blocks' memory may go to others only when the hashes have let go of it.
            await hashes.EndAsync();
        }

        return examination.Finish(writer.Length);
    }

    private static async Task<int> FillAsync(Stream source, Memory<byte> buffer, long received, CancellationToken ct)
    {
        try
        {
            return await source.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        }
        catch (IOException broken)
        {
            throw new DataSourceException(received, broken);
        }
    }
}
