using System.Buffers;
using Tintype.Images.Data.Transport;
using Xunit;

namespace Tintype.Tests.Images.Data;

public sealed class LargeBlockPoolTests
{
    [Fact]
    public void Blocks_are_large_and_used_again()
    {
        using var pool = new LargeBlockPool();
        var first = pool.Rent();
        Assert.Equal(LargeBlockPool.BlockSize, first.Memory.Length);
        first.Memory.Span[0] = 42;
        first.Dispose();

        using var again = pool.Rent(4096);
        Assert.Equal(42, again.Memory.Span[0]);
    }

    [Fact]
    public void A_block_returned_twice_is_kept_once()
    {
        using var pool = new LargeBlockPool();
        var block = pool.Rent();
        block.Dispose();
        block.Dispose();

        using var one = pool.Rent();
        using var other = pool.Rent();
        one.Memory.Span[0] = 1;
        other.Memory.Span[0] = 2;
        Assert.Equal(1, one.Memory.Span[0]);
        Assert.Throws<ObjectDisposedException>(() => block.Memory);
    }

    [Fact]
    public void What_is_kept_is_bounded()
    {
        using var pool = new LargeBlockPool();
        var blocks = Enumerable.Range(0, 500).Select(_ => pool.Rent()).ToArray();
        foreach (var block in blocks)
            block.Dispose();

        Assert.Equal(64, pool.Kept);
    }

    [Fact]
    public void More_than_a_block_is_refused()
    {
        using MemoryPool<byte> pool = new LargeBlockPool();
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(pool.MaxBufferSize + 1));
    }
}
