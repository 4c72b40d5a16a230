using Tintype.Images.Data;
using Tintype.Platform.Tasks;
using Xunit;

namespace Tintype.Tests.Images.Data;

public sealed class CountedStreamTests : ITaskProgress
{
    private readonly List<(long Done, long? Total)> _told = [];

    [Theory]
    [InlineData(100L)]
    [InlineData(null)]
    public async Task What_has_been_read_is_told_and_passed_on(long? total)
    {
        var bytes = Enumerable.Range(0, 100).Select(i => (byte)i).ToArray();
        await using var stream = new CountedStream(new MemoryStream(bytes), total, this);

        var read = new byte[100];
        await stream.ReadExactlyAsync(read.AsMemory(0, 30), TestContext.Current.CancellationToken);
        await stream.ReadExactlyAsync(read.AsMemory(30, 70), TestContext.Current.CancellationToken);

        Assert.Equal(bytes, read);
        Assert.Equal(100, stream.Position);
        Assert.Equal([(30, total), (100, total)], _told);
    }

    void ITaskProgress.Step(string word, double share) => throw new NotSupportedException();

    void ITaskProgress.Report(long done, long? total) => _told.Add((done, total));
}
