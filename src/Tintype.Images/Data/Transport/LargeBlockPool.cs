using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Tintype.Images.Data.Transport;

/// <summary>
/// Gives Kestrel blocks of 256 KiB instead of 4 KiB, to receive into and send from: an upload then takes a third of the processor
/// time. Pages of a block that are never touched cost no memory, and idle connections hold no block.
/// </summary>
internal sealed class LargeBlockPoolFactory : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new LargeBlockPool();
}

/// <summary>Keeps a bounded number of returned blocks; what goes beyond is the garbage collector's.</summary>
internal sealed class LargeBlockPool : MemoryPool<byte>
{
    internal const int BlockSize = 256 * 1024;

    /// <summary>16 MiB: what a few dozen busy connections use.</summary>
    private const int MaximumKept = 64;

    private readonly ConcurrentQueue<byte[]> _kept = new();
    private int _count;

    internal int Kept => _kept.Count;

    public override int MaxBufferSize => BlockSize;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        if (_kept.TryDequeue(out var buffer))
            Interlocked.Decrement(ref _count);
        // Pinned, since sockets would pin each block anew otherwise; not cleared, since it is only ever sent as far as it was written.
        return new Block(this, buffer ?? GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true));
    }

    protected override void Dispose(bool disposing) => _kept.Clear();

    private void Return(byte[] buffer)
    {
        if (Interlocked.Increment(ref _count) <= MaximumKept)
            _kept.Enqueue(buffer);
        else
            Interlocked.Decrement(ref _count);
    }

    private sealed class Block(LargeBlockPool pool, byte[] buffer) : IMemoryOwner<byte>
    {
        private byte[]? _buffer = buffer;

        public Memory<byte> Memory => _buffer ?? throw new ObjectDisposedException(nameof(Block));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _buffer, null) is { } returned)
                pool.Return(returned);
        }
    }
}
