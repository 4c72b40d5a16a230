using System.Threading.Channels;
using Tintype.Images.Data.Ingest;

namespace Tintype.Images.Data.Hashing;

/// <summary>Hashes blocks beside the stage that writes them, in their order, each hash in a task of its own. The hashes stay the caller's.</summary>
internal sealed class HashStages(IReadOnlyCollection<RunningHash> hashes, SharedBlocks blocks)
{
    private readonly HashStage[] _stages = [.. hashes.Select(hash => new HashStage(hash, blocks))];

    /// <summary>How many will read each block.</summary>
    public int Count => _stages.Length;

    public void Post(SharedBlock block)
    {
        foreach (var stage in _stages)
            stage.Post(block);
    }

    /// <summary>No more blocks will come. Waits until no stage holds one.</summary>
    public Task EndAsync() => Task.WhenAll(_stages.Select(stage => stage.EndAsync()));

    private sealed class HashStage
    {
        private readonly Channel<SharedBlock> _queue = Channel.CreateUnbounded<SharedBlock>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        private readonly Task _run;

        public HashStage(RunningHash hash, SharedBlocks blocks) => _run = Task.Run(() => RunAsync(hash, blocks));

        public void Post(SharedBlock block) => _queue.Writer.TryWrite(block);

        public Task EndAsync()
        {
            _queue.Writer.TryComplete();
            return _run;
        }

        private async Task RunAsync(RunningHash hash, SharedBlocks blocks)
        {
            try
            {
                await foreach (var block in _queue.Reader.ReadAllAsync())
                {
                    hash.Append(block.Bytes.Span);
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
}
