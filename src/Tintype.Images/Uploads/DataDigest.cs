using System.Security.Cryptography;
using Tintype.DiskFormats.Inspection;
using Tintype.Images.Data.Ingest;

namespace Tintype.Images.Uploads;

/// <summary>What is found out about data that comes in several sittings: it is hashed and inspected as it goes by, each byte once.</summary>
internal sealed class DataDigest(FormatInspection inspection) : IDisposable
{
    private const int HashesOfABlock = 2;

    private readonly IncrementalHash _md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    private readonly IncrementalHash _sha512 = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);

    /// <summary>Bytes seen so far.</summary>
    public long Length { get; private set; }

    /// <summary>Takes a source in to its end. Whatever is thrown, exactly the bytes that <paramref name="keep"/> has kept are counted.</summary>
    /// <param name="keep">Gets each piece first, with its end; what it throws ends the sitting.</param>
    public async Task FeedAsync(Stream source, Func<ReadOnlyMemory<byte>, long, ValueTask> keep)
    {
        using var blocks = new SharedBlocks();
        using var md5 = new HashStage(_md5, blocks);
        using var sha512 = new HashStage(_sha512, blocks);
        try
        {
            while (true)
            {
                var block = await blocks.TakeAsync(CancellationToken.None);
                var length = await source.ReadAtLeastAsync(block.Buffer, block.Buffer.Length, throwOnEndOfStream: false, CancellationToken.None);
                if (length == 0)
                    break;
                await keep(block.Buffer[..length], Length + length);
                inspection.Feed(block.Buffer.Span[..length]);
                block.Share(length, HashesOfABlock);
                md5.Post(block);
                sha512.Post(block);
                Length += length;
            }
        }
        finally
        {
            // However it ended: the blocks' memory may go to others only when the hashes have let go of it.
            await Task.WhenAll(md5.EndAsync(), sha512.EndAsync());
        }
    }

    /// <summary>The verdict, once: nothing can be fed afterwards.</summary>
    public IngestedData Finish() => new(
        Length, Convert.ToHexStringLower(_md5.GetHashAndReset()), Convert.ToHexStringLower(_sha512.GetHashAndReset()), inspection.Finish());

    public void Dispose()
    {
        _md5.Dispose();
        _sha512.Dispose();
    }
}
