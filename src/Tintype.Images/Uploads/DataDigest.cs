using Tintype.Images.Data.Hashing;
using Tintype.Images.Data.Ingest;

namespace Tintype.Images.Uploads;

/// <summary>What is found out about data that comes in several sittings: it is hashed and inspected as it goes by, each byte once.</summary>
internal sealed class DataDigest(DataExamination examination) : IDisposable
{
    /// <summary>Bytes seen so far.</summary>
    public long Length { get; private set; }

    /// <summary>Takes a source in to its end. Whatever is thrown, exactly the bytes that <paramref name="keep"/> has kept are counted.</summary>
    /// <param name="keep">Gets each piece first, with its end; what it throws ends the sitting.</param>
    public async Task FeedAsync(Stream source, Func<ReadOnlyMemory<byte>, long, ValueTask> keep)
    {
        using var blocks = new SharedBlocks();
        var hashes = examination.HashBeside(blocks);
        try
        {
            while (true)
            {
                var block = await blocks.TakeAsync(CancellationToken.None);
                var length = await source.ReadAtLeastAsync(block.Buffer, block.Buffer.Length, throwOnEndOfStream: false, CancellationToken.None);
                if (length == 0)
                    break;
                await keep(block.Buffer[..length], Length + length);
                examination.Inspect(block.Buffer.Span[..length]);
                block.Share(length, hashes.Count);
                hashes.Post(block);
                Length += length;
            }
        }
        finally
        {
            // However it ended: the blocks' memory may go to others only when the hashes have let go of it.
            await hashes.EndAsync();
        }
    }

    /// <summary>The verdict, once: nothing can be fed afterwards.</summary>
    public IngestedData Finish() => examination.Finish(Length);

    public void Dispose() => examination.Dispose();
}
