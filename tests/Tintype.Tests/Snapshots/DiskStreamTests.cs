using Tintype.Snapshots.Capture;
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
        await using var stream = new RawDiskStream(new FakeDisk());
        Assert.Equal(FakeDisk.Content, await ReadAsync(stream, bufferSize));
        Assert.Equal(FakeDisk.Content.Length, stream.Position);
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int bufferSize)
    {
        using var all = new MemoryStream();
        var buffer = new byte[bufferSize];
        int read;
        while ((read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0)
            all.Write(buffer, 0, read);
        return all.ToArray();
    }
}
