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

    [Fact]
    public async Task Progress_comes_in_tens_and_once_each()
    {
        var reported = new List<int>();
        await using var stream = new MeteredStream(new MemoryStream(new byte[1000]), 1000, (percent, _) =>
        {
            reported.Add(percent);
            return Task.CompletedTask;
        });

        await ReadAsync(stream, 33);

        Assert.Equal([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], reported);
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
