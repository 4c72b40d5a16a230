using Xunit;

namespace Tintype.GuestTests.Faults;

/// <summary>What a disk should hold. Copies are cheap: they share what neither has changed since.</summary>
internal sealed class DiskModel
{
    private const int Block = 64 * 1024;

    private readonly byte[]?[] _blocks;

    private DiskModel(long length, byte[]?[] blocks)
    {
        Length = length;
        _blocks = blocks;
    }

    public long Length { get; }

    public static DiskModel Of(byte[] content, long length)
    {
        var model = new DiskModel(length, new byte[]?[(length + Block - 1) / Block]);
        model.Write(0, content);
        return model;
    }

    public DiskModel Copy() => new(Length, [.. _blocks]);

    public void Fill(long offset, long length, byte value)
    {
        var data = new byte[length];
        data.AsSpan().Fill(value);
        Write(offset, data);
    }

    public byte[] Read(long offset, int length)
    {
        var data = new byte[length];
        for (var at = 0; at < length;)
        {
            var (index, within) = Math.DivRem(offset + at, Block);
            var count = (int)Math.Min(Block - within, length - at);
            _blocks[index]?.AsSpan((int)within, count).CopyTo(data.AsSpan(at));
            at += count;
        }

        return data;
    }

    /// <summary>Compares the whole of a stream.</summary>
    public async Task AssertIsAsync(Stream disk, string what)
    {
        var read = new byte[Block];
        for (long at = 0; at < Length; at += Block)
        {
            var length = (int)Math.Min(Block, Length - at);
            var got = await disk.ReadAtLeastAsync(read.AsMemory(0, length), length, throwOnEndOfStream: false);
            Assert.True(got == length, $"{what}: it ends at {at + got} instead of {Length}");
            var differs = read.AsSpan(0, length).CommonPrefixLength(Read(at, length));
            Assert.True(differs == length, $"{what}: byte {at + differs} differs");
        }

        Assert.True(await disk.ReadAsync(read) == 0, $"{what}: it is longer than {Length}");
    }

    private void Write(long offset, ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            var (index, within) = Math.DivRem(offset, Block);
            var count = (int)Math.Min(Block - within, data.Length);
            // Never the block itself, which copies have too.
            var block = new byte[Block];
            _blocks[index]?.CopyTo(block, 0);
            data[..count].CopyTo(block.AsSpan((int)within));
            _blocks[index] = block;
            offset += count;
            data = data[count..];
        }
    }
}
