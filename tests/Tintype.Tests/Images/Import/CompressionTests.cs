using Tintype.Images.Import.Preparation;
using Xunit;

namespace Tintype.Tests.Images.Import;

public sealed class CompressionTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    // printf 'what was packed' | gzip -n (xz, zstd, bzip2) | base64
    [Theory]
    [InlineData("gzip", "H4sIAAAAAAAAAyvPSCxRKE8sVihITM5OTQEAk8BkpQ8AAAA=")]
    [InlineData("xz", "/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAOd2hhdCB3YXMgcGFja2VkAADVTedK7Poq4gABJw/fGvxqH7bzfQEAAAAABFla")]
    [InlineData("zstd", "KLUv/QRYeQAAd2hhdCB3YXMgcGFja2VkwBk6kg==")]
    [InlineData("bzip2", "QlpoOTFBWSZTWeT0Z10AAAcRgEAALkhMgCAAMQDTTQUwD0mgixSFeZcLuSKcKEhyejOugA==")]
    public async Task What_the_common_tools_pack_is_unpacked(string name, string base64)
    {
        var packed = Convert.FromBase64String(base64);
        Assert.Equal(name, Compression.Find(packed.AsSpan(0, Compression.HeadLength)));

        await using var bytes = Compression.Open(name, new MemoryStream(packed));
        using var unpacked = new MemoryStream();
        await bytes.CopyToAsync(unpacked, Ct);

        Assert.Equal("what was packed"u8.ToArray(), unpacked.ToArray());
    }

    [Theory]
    [InlineData("")]
    [InlineData("BZ")]
    [InlineData("PK\u0003\u0004xx")]
    [InlineData("QFI...")]
    public void What_is_packed_in_no_known_way_is_not_taken_for_it(string head) => Assert.Null(Compression.Find(System.Text.Encoding.Latin1.GetBytes(head)));
}
