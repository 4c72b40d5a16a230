using System.Text;
using Tintype.Images.Import.Preparation;
using Xunit;

namespace Tintype.Tests.Images.Import;

public sealed class CompressionTests
{
    private const string Text = "what was packed";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("gzip")]
    [InlineData("xz")]
    [InlineData("zstd")]
    [InlineData("bzip2")]
    public async Task What_the_common_tools_pack_is_unpacked(string name)
    {
        Assert.Equal(name, Compression.Find(PackedData.Of(name).AsSpan(0, Compression.HeadLength)));
        Assert.Equal(Text, await UnpackedAsync(name, PackedData.Of(name)));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("xz")]
    [InlineData("zstd")]
    [InlineData("bzip2")]
    public async Task What_is_packed_in_parts_is_unpacked_to_the_last(string name) =>
        Assert.Equal(Text + Text + Text, await UnpackedAsync(name, [.. PackedData.Of(name), .. PackedData.Of(name), .. PackedData.Of(name)]));

    /// <summary>Half an image is none, wherever it ends, and neither is one with a wrong byte in it. A few bits of each format mean nothing.</summary>
    [Theory]
    [InlineData("gzip")]
    [InlineData("xz")]
    [InlineData("zstd")]
    [InlineData("bzip2")]
    public async Task What_is_cut_off_or_damaged_is_refused(string name)
    {
        var sound = PackedData.Of(name);
        for (var length = Compression.HeadLength; length < sound.Length; length++)
            await AssertRefusedAsync(name, sound[..length], $"cut to {length}");
        for (var bit = 0; bit < 8 * sound.Length; bit++)
        {
            var damaged = (byte[])sound.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            var unpacked = Text;
            var refusal = await Record.ExceptionAsync(async () =>
            {
                unpacked = await UnpackedAsync(name, damaged);
            });
            Assert.True(refusal is not null || unpacked == Text, $"{name}, damaged at bit {bit}, was unpacked to '{unpacked}'.");
        }
    }

    /// <summary>Headers that ask for two gigabytes, and for four.</summary>
    [Theory]
    [InlineData("zstd", "KLUv/QSoeQAAd2hhdCB3YXMgcGFja2VkwBk6kg==")]
    [InlineData("xz", "/Td6WFoAAATm1rRGAgAhASgAAADmoBGzAQAOd2hhdCB3YXMgcGFja2VkAADVTedK7Poq4gABJw/fGvxqH7bzfQEAAAAABFla")]
    public async Task A_few_bytes_do_not_get_gigabytes(string name, string base64)
    {
        var refusal = await AssertRefusedAsync(name, Convert.FromBase64String(base64), "of a large window");
        Assert.Contains("memory", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("BZ")]
    [InlineData("PK\u0003\u0004xx")]
    [InlineData("QFI...")]
    public void What_is_packed_in_no_known_way_is_not_taken_for_it(string head) => Assert.Null(Compression.Find(Encoding.Latin1.GetBytes(head)));

    private static async Task<Exception> AssertRefusedAsync(string name, byte[] packed, string what)
    {
        var refusal = await Record.ExceptionAsync(() => UnpackedAsync(name, packed));
        Assert.True(refusal is not null, $"{name}, {what}, was unpacked.");
        return refusal;
    }

    private static async Task<string> UnpackedAsync(string name, byte[] packed)
    {
        await using var bytes = Compression.Open(name, new MemoryStream(packed));
        using var unpacked = new MemoryStream();
        await bytes.CopyToAsync(unpacked, Ct);
        return Encoding.ASCII.GetString(unpacked.ToArray());
    }
}
