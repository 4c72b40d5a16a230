using CsCheck;
using Tintype.Images.Data.Download;
using Tintype.Platform.Http;
using Xunit;

namespace Tintype.Tests.Images.Data;

public sealed class ByteRangeTests
{
    [Theory]
    [InlineData("bytes=0-4", 10, 0, 5)]
    [InlineData("bytes=4-4", 10, 4, 1)]
    [InlineData("bytes=4-", 10, 4, 6)]
    [InlineData("bytes=4-100", 10, 4, 6)]
    [InlineData("bytes=-3", 10, 7, 3)]
    [InlineData("bytes=-30", 10, 0, 10)]
    [InlineData("BYTES = 1 - 2", 10, 1, 2)]
    [InlineData("bytes=5-99999999999999999999999999", 10, 5, 5)]
    public void A_range_of_the_image(string header, long size, long offset, long length) =>
        Assert.Equal(new ByteRange(offset, length), ByteRange.Parse(header, null, size));

    [Theory]
    [InlineData("bytes=10-", 10)]
    [InlineData("bytes=10-12", 10)]
    [InlineData("bytes=5-4", 10)]
    [InlineData("bytes=-0", 10)]
    [InlineData("bytes=-5", 0)]
    [InlineData("bytes=0-", 0)]
    [InlineData("bytes=-", 10)]
    [InlineData("bytes=a-b", 10)]
    [InlineData("bytes=1-2-3", 10)]
    [InlineData("bytes=+1-2", 10)]
    [InlineData("items=0-4", 10)]
    [InlineData("0-4", 10)]
    [InlineData("bytes=99999999999999999999999999-", 10)]
    public void A_range_that_is_none_is_416_and_tells_the_size(string header, long size)
    {
        var fault = Assert.Throws<Fault>(() => ByteRange.Parse(header, null, size));
        Assert.Equal(FaultKind.RangeNotSatisfiable, fault.Kind);
        Assert.Equal($"bytes */{size}", fault.Headers["Content-Range"]);
        Assert.Contains(header, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_ranges_are_400() =>
        Assert.Equal(FaultKind.BadRequest, Assert.Throws<Fault>(() => ByteRange.Parse("bytes=0-1,3-4", null, 10)).Kind);

    [Theory]
    [InlineData("bytes 0-4/10", 0, 5)]
    [InlineData("bytes 3-9/*", 3, 7)]
    public void The_content_range_of_old_clients_is_obeyed(string header, long offset, long length) =>
        Assert.Equal(new ByteRange(offset, length), ByteRange.Parse(null, header, 10));

    [Theory]
    [InlineData("bytes 3-10/*")]
    [InlineData("bytes 4-3/10")]
    [InlineData("bytes */10")]
    [InlineData("3-4")]
    public void A_content_range_beyond_the_image_is_416(string header) =>
        Assert.Equal(FaultKind.RangeNotSatisfiable, Assert.Throws<Fault>(() => ByteRange.Parse(null, header, 10)).Kind);

    [Fact]
    public void Without_a_header_it_is_the_whole_image_and_range_wins_over_content_range()
    {
        Assert.Null(ByteRange.Parse(null, null, 10));
        Assert.Null(ByteRange.Parse("", "", 0));
        Assert.Equal(new ByteRange(1, 1), ByteRange.Parse("bytes=1-1", "bytes 5-6/10", 10));
    }

    [Fact]
    public void Any_range_lies_within_the_image()
    {
        Gen.Select(Gen.Long[0, 100], Gen.Long[-1, 120], Gen.Long[-1, 120]).Sample((size, first, last) =>
        {
            var header = $"bytes={(first < 0 ? "" : first)}-{(last < 0 ? "" : last)}";
            try
            {
                var range = ByteRange.Parse(header, null, size)!.Value;
                Assert.True(range.Length > 0 && range.Offset >= 0 && range.Offset + range.Length <= size, header);
                if (first >= 0)
                    Assert.Equal((first, last < 0 ? size - first : Math.Min(last, size - 1) - first + 1), (range.Offset, range.Length));
            }
            catch (Fault fault)
            {
                Assert.Equal(FaultKind.RangeNotSatisfiable, fault.Kind);
                Assert.False(first >= 0 && first < size && (last < 0 || last >= first), header);
            }
        });
    }
}
