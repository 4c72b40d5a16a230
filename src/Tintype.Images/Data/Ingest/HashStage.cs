using System.Security.Cryptography;
using System.Threading.Channels;

namespace Tintype.Images.Data.Ingest;

/// <summary>Hashes blocks beside the stage that writes them, in their order.</summary>
internal sealed class HashStage : IDisposable
{
    private readonly Channel<SharedBlock> _queue = Channel.CreateUnbounded<SharedBlock>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly IncrementalHash _hash;
    private readonly bool _owned;
    private readonly Task _run;

    public HashStage(HashAlgorithmName algorithm, SharedBlocks blocks) : this(IncrementalHash.CreateHash(algorithm), blocks) => _owned = true;

    /// <summary>Goes on with a hash, which stays the caller's.</summary>
    public HashStage(IncrementalHash hash, SharedBlocks blocks)
    {
        _hash = hash;
        _run = Task.Run(() => RunAsync(blocks));
    }

    public void Post(SharedBlock block) => _queue.Writer.TryWrite(block);

    /// <summary>No more blocks will come. Waits until the stage holds none.</summary>
    public Task EndAsync()
    {
        _queue.Writer.TryComplete();
        return _run;
    }

    /// <summary>The hash in lower-case hexadecimal; after <see cref="EndAsync"/>.</summary>
    public string Result() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public void Dispose()
    {
        if (_owned)
            _hash.Dispose();
    }

    private async Task RunAsync(SharedBlocks blocks)
    {
        try
        {
            await foreach (var block in _queue.Reader.ReadAllAsync())
            {
                _hash.AppendData(block.Bytes.Span);
                block.Release();
            }
        }
        catch (Exception failed)
        {
            blocks.Fail(failed);
            throw;
        }
    }
}
