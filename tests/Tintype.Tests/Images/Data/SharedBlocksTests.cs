using Tintype.Images.Data.Ingest;
using Xunit;

namespace Tintype.Tests.Images.Data;

public sealed class SharedBlocksTests
{
    [Fact]
    public async Task Uploads_that_are_many_have_less_memory_each_and_never_too_little_to_go_on()
    {
        // Other tests upload at the same time: what is asserted holds with them too.
        var uploads = Enumerable.Range(0, 40).Select(_ => new SharedBlocks()).ToList();
        try
        {
            Assert.All(uploads, upload => Assert.InRange(upload.Count, 3, 16));
            Assert.Equal(3, uploads[^1].Count);
            Assert.InRange(uploads.Sum(upload => (long)upload.Count * SharedBlocks.BlockSize), 0, 40 << 20);
            for (var i = 0; i < uploads[^1].Count; i++)
                Assert.Equal(SharedBlocks.BlockSize, (await uploads[^1].TakeAsync(TestContext.Current.CancellationToken)).Buffer.Length);
        }
        finally
        {
            uploads.ForEach(upload => upload.Dispose());
        }
    }
}
