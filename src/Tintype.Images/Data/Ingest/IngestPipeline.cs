using System.Security.Cryptography;
using Tintype.DiskFormats.Inspection;
using Tintype.Storage;

namespace Tintype.Images.Data.Ingest;

/// <summary>What the pipeline has found out about data that it has written.</summary>
internal sealed record IngestedData(long Size, string Checksum, string HashValue, FormatFinding Finding);

/// <summary>The data stopped coming: the client went away, or what produced the data failed.</summary>
internal sealed class DataSourceException(long received, IOException inner) : IOException($"The data broke off after {received} bytes.", inner)
{
    public long Received { get; } = received;
}

/// <summary>
/// Moves one image's data into the store, looking at each byte once:
/// <code>
///          ┌─► MD5       (a task of its own)
/// source ──┼─► SHA-512   (a task of its own)
///          ├─► inspection
///          └─► store     (by whoever reads the source)
/// </code>
/// </summary>
internal static class IngestPipeline
{
    private const int ReadersOfABlock = 3;

    /// <summary>Reads the source to its end. The writer is neither committed nor disposed.</summary>
    /// <param name="refuseBeyond">Called as soon as more bytes have come than it allows; throws.</param>
    /// <exception cref="DataSourceException">The source failed.</exception>
    public static async Task<IngestedData> RunAsync(
        Stream source, IBlobWriter writer, FormatInspection inspection, Action<long> refuseBeyond, CancellationToken ct)
    {
        using var blocks = new SharedBlocks();
        using var md5 = new HashStage(HashAlgorithmName.MD5, blocks);
        using var sha512 = new HashStage(HashAlgorithmName.SHA512, blocks);
        try
        {
            while (true)
            {
                var block = await blocks.TakeAsync(ct);
                var length = await FillAsync(source, block.Buffer, writer.Length, ct);
                if (length == 0)
                    break;
                refuseBeyond(writer.Length + length);
                block.Share(length, ReadersOfABlock);
                md5.Post(block);
                sha512.Post(block);
                inspection.Feed(block.Bytes.Span);
                await writer.WriteAsync(block.Bytes, ct);
                block.Release();
            }
        }
        finally
        {
            // However it ended: the blocks' memory may go to others only when the hashes have let go of it.
            await Task.WhenAll(md5.EndAsync(), sha512.EndAsync());
        }

        return new IngestedData(writer.Length, md5.Result(), sha512.Result(), inspection.Finish());
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
