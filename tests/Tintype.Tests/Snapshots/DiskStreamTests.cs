using System.Runtime.CompilerServices;
using Tintype.Qemu.Disks;
using Tintype.Snapshots.Conversion;
using Xunit;

namespace Tintype.Tests.Snapshots;

public sealed class DiskStreamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(50_000)]
    [InlineData(1_000_000)]
    public async Task A_raw_stream_is_the_disk_and_zeros_are_not_read(int bufferSize)
    {
        await using var stream = new RawDiskStream(new WholeDisk());
        using var all = new MemoryStream();
        var buffer = new byte[bufferSize];
        int read;
        while ((read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0)
            all.Write(buffer, 0, read);
        Assert.Equal(WholeDisk.Content, all.ToArray());
        Assert.Equal(WholeDisk.Content.Length, stream.Position);
    }

    /// <summary>Data, zeros, data. Whoever reads the zeros has not looked at the map.</summary>
    private sealed class WholeDisk : IDiskReader
    {
        private const int Run = 64 * 1024;

        public static byte[] Content { get; } = [.. Enumerable.Range(0, 3 * Run).Select(i => i is >= Run and < 2 * Run ? (byte)0 : (byte)(1 + (i % 251)))];

        public long Length => Content.Length;

        public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct)
        {
            Assert.False(offset < 2 * Run && offset + buffer.Length > Run, "zeros are not to be read");
            Content.AsSpan((int)offset, buffer.Length).CopyTo(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public async IAsyncEnumerable<DiskExtent> ExtentsAsync([EnumeratorCancellation] CancellationToken ct)
        {
            await Task.Yield();
            yield return new DiskExtent(0, Run, false);
            yield return new DiskExtent(Run, Run, true);
            yield return new DiskExtent(2 * Run, Run, false);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
