using System.Text;
using Tintype.DiskFormats.Inspection;
using Tintype.DiskFormats.Qcow2;
using Tintype.DiskFormats.Vhdx;
using Tintype.DiskFormats.Vmdk;
using Tintype.Tests.DiskFormats.Specimens;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.Tests.Fuzzing;

/// <summary>
/// Hostile disk images: no exception, bounded memory, the same verdict however the stream is cut, a sentence that can be shown, and
/// nothing let pass that Glance would refuse.
/// </summary>
[Trait("run", "fuzz")]
public sealed class DiskFormatFuzzTests
{
    // What one upload's inspection may allocate while the bytes go by, and for its verdict, which may quote a long descriptor.
    private const long MemoryOfFeeding = 256 * 1024;
    private const long MemoryOfVerdict = 4 * 1024 * 1024;

    private static readonly string[] _declared = ["raw", "qcow2", "vmdk", "vhd", "vhdx", "vdi", "iso", "gpt", "luks", "qed", "ploop", "ami"];

    [Theory]
    [InlineData("qcow2", 4000)]
    [InlineData("vmdk", 2000)]
    [InlineData("vhd", 2000)]
    [InlineData("vhdx", 150)]
    [InlineData("vdi", 2000)]
    [InlineData("qed", 400)]
    [InlineData("iso", 400)]
    [InlineData("gpt", 1500)]
    [InlineData("luks", 800)]
    public void Images(string format, int usual)
    {
        var mutators = Specimens(format).Select(image => new ByteMutator(image)).ToArray();
        Fuzz.Cases(usual, random =>
        {
            var mutator = mutators[random.Next(mutators.Length)];
            var image = mutator.Next(random);
            if (random.Next(2) == 0)
                MendSums(format, image);
            if (random.Next(20) == 0)
                Graft(image, random);
            var declared = random.Next(3) == 0 ? _declared[random.Next(_declared.Length)] : random.Next(3) == 0 ? "raw" : format;
            Check(declared, image, mutator.Cuts(random, image.Length), mutator.Cuts(random, image.Length));
        }, $"{nameof(Images)}({format})");
    }

    [Fact]
    public void Descriptors_of_vmdk()
    {
        var texts = new TextMutator("# Disk DescriptorFile\n", "version=1\n", "CID=5a5a5a5a\n", "parentCID=ffffffff\n", "parentCID=", "createType=\"monolithicSparse\"\n", "createType=",
            "\"custom\"", "RW 2048 SPARSE \"disk.vmdk\"\n", "RW ", "NOACCESS ", "FLAT \"/etc/shadow\" 0\n", "ddb.adapterType = \"ide\"\n", "encoding=\"UTF-8\"\n", "parentFileNameHint=\"x\"\n", "\n", " ");
        Fuzz.Cases(3000, random =>
        {
            var text = "# Disk DescriptorFile\nversion=1\nparentCID=ffffffff\ncreateType=\"monolithicSparse\"\n" + texts.Next(random);
            // The inspector takes it to end where C does.
            text = text.Split('\0')[0];
            var hazard = VmdkDescriptor.Hazard(Encoding.UTF8.GetBytes(text));
            _ = VmdkDescriptor.IsBare(Encoding.UTF8.GetBytes(texts.Next(random)));
            if (hazard is not null)
                Shown(hazard + ".");
            else
                Assert.DoesNotContain('/', Assert.Single(text.ToLowerInvariant().Split('\n'), line => line.Trim().Split(' ')[0] is "rw" or "rdonly" or "noaccess"));
        });
    }

    [Fact]
    public void Headers_of_qcow2()
    {
        var mutator = new ByteMutator(Specimen.Qcow2()[..512]);
        Fuzz.Cases(5000, random =>
        {
            var bytes = mutator.Next(random);
            var header = Qcow2Header.Parse(bytes);
            if (header.Version != 3 || bytes.Length < Qcow2Header.Version3Length || !Qcow2Header.HasMagic(bytes))
                return;
            var written = new byte[Qcow2Header.Version3Length];
            header.WriteTo(written);
            Assert.Equal(header, Qcow2Header.Parse(written));
        });
    }

    [Fact]
    public void Cutting_of_streams()
    {
        Fuzz.Cases(1000, random =>
        {
            var stream = new byte[random.Next(3000)];
            random.NextBytes(stream);
            var (head, tail, window) = (new HeadBuffer(random.Next(1, 700)), new TailBuffer(random.Next(1, 700)), new ForwardWindow());
            var (offset, length) = (random.Next(2000), random.Next(1, 700));
            Assert.True(window.TryOpen(offset, length));
            for (var at = 0; at < stream.Length;)
            {
                var piece = stream.AsSpan(at, Math.Min(random.Next(3) == 0 ? random.Next(1, 1000) : random.Next(1, 20), stream.Length - at));
                head.Take(piece);
                tail.Take(piece);
                window.Take(piece);
                at += piece.Length;
            }

            Assert.Equal(stream.AsSpan(0, Math.Min(head.Limit, stream.Length)), head.Bytes);
            Assert.Equal(stream.AsSpan(stream.Length - tail.Bytes.Length), tail.Bytes);
            var end = Math.Min(stream.Length, offset + length);
            Assert.Equal(stream.AsSpan(Math.Min(offset, end)..end), window.Bytes);
            Assert.Equal(stream.Length >= offset + length, window.IsFull);
        });
    }

    private static void Check(string declared, byte[] image, params int[][] waysToCut)
    {
        var finding = Inspect(declared, image, []);
        foreach (var cuts in waysToCut)
            Assert.Equal(finding, Inspect(declared, image, cuts));
        if (finding.Refusal is not null)
        {
            Shown(finding.Refusal);
            return;
        }

        Assert.InRange(finding.VirtualSize ?? 0, 0, InspectionRules.Default.MaximumVirtualSize);
        if (declared == "raw")
            Assert.Equal(image.Length, finding.VirtualSize);
        else if (image.Length > 0 && declared is not ("ploop" or "ami"))
            Assert.Equal(declared, finding.Format);
        // A fixed VHD holds a disk of its own, which nobody looks into.
        Assert.True(finding.Format == "vhd" || GlanceChecks.Hazard(image) is not { } hazard, $"{finding} passed, although: {GlanceChecks.Hazard(image)}");
    }

    private static FormatFinding Inspect(string declared, byte[] image, int[] cuts)
    {
        var inspection = new FormatInspection(declared);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var at = 0;
        foreach (var cut in cuts)
        {
            inspection.Feed(image.AsSpan(at..cut));
            at = cut;
        }

        inspection.Feed(image.AsSpan(at));
        var fed = GC.GetAllocatedBytesForCurrentThread();
        var finding = inspection.Finish();
        Assert.InRange(fed - before, 0, MemoryOfFeeding);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - fed, 0, MemoryOfVerdict);
        return finding;
    }

    private static void Shown(string sentence)
    {
        Assert.EndsWith(".", sentence, StringComparison.Ordinal);
        Assert.InRange(sentence.Length, 10, 400);
        Assert.DoesNotContain(sentence, char.IsControl);
    }

    private static IEnumerable<byte[]> Specimens(string format) => Specimen.All.Where(specimen => specimen.Format == format)
        .Select(specimen => format == "vhdx" ? Specimen.Vhdx(metadata: 1 << 20) : specimen.Image);

    /// <summary>Checksums must not be all that stands between an attacker and the rest of a parser.</summary>
    private static void MendSums(string format, byte[] image)
    {
        if (format == "vhd" && image.Length >= 512)
        {
            Specimen.Resummed(image);
            var last = Specimen.Resummed(image[^512..]);
            last.CopyTo(image, image.Length - 512);
        }

        foreach (var (at, length) in (ReadOnlySpan<(int, int)>)[(64 * 1024, VhdxHeader.Length), (128 * 1024, VhdxHeader.Length), (192 * 1024, 64 * 1024)])
        {
            if (format == "vhdx" && image.Length >= at + length)
                Specimen.Sum(image[at..(at + length)]).CopyTo(image, at);
        }
    }

    private static void Graft(byte[] image, Random random)
    {
        var other = Specimen.All[random.Next(Specimen.All.Count)].Image;
        other.AsSpan(0, Math.Min(Math.Min(other.Length, image.Length), random.Next(1, 600))).CopyTo(image);
        if (random.Next(2) == 0 && image.Length >= 512)
            Specimen.FixedVhd().AsSpan(64 * 1024).CopyTo(image.AsSpan(image.Length - 512));
    }
}
