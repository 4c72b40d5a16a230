using Tintype.Images.Import.Preparation;
using Tintype.Tests.Images.Import;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.Tests.Fuzzing;

/// <summary>
/// Hostile packed data: unpacked or refused, in a short time. How much may come of it is for the limits of image data to say, and no more is
/// read here than a little.
/// </summary>
[Trait("run", "fuzz")]
public sealed class PackedDataFuzzTests
{
    private const int Enough = 1 << 20;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("gzip")]
    [InlineData("xz")]
    [InlineData("zstd")]
    [InlineData("bzip2")]
    public Task Packed_data(string name)
    {
        var mutators = new[] { PackedData.Of(name), [.. PackedData.Of(name), .. PackedData.Of(name)] }.Select(data => new ByteMutator(data)).ToArray();
        var buffer = new byte[4096];
        return Fuzz.CasesAsync(500, async random =>
        {
            var packed = mutators[random.Next(mutators.Length)].Next(random);
            try
            {
                await using var bytes = Compression.Open(name, new MemoryStream(packed));
                for (int total = 0, read = 1; total < Enough && read > 0; total += read)
                    read = await bytes.ReadAsync(buffer.AsMemory(0, random.Next(1, buffer.Length)), Ct);
            }
            catch (Exception refusal) when (refusal is not OutOfMemoryException)
            {
                // Whatever a reader throws, it says that the data is at fault.
                Assert.NotEmpty(refusal.Message);
            }
        }, $"{nameof(Packed_data)}({name})");
    }
}
