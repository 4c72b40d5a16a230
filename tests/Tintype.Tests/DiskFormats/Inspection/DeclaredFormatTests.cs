using Tintype.DiskFormats.Inspection;
using Tintype.Tests.DiskFormats.Specimens;
using Xunit;

namespace Tintype.Tests.DiskFormats.Inspection;

/// <summary>What is declared against what is found, for every pair of formats.</summary>
public sealed class DeclaredFormatTests
{
    private static readonly string[] _inspected = ["qcow2", "vmdk", "vhd", "vhdx", "vdi", "iso", "gpt", "luks"];
    private static readonly string[] _others = ["ami", "ari", "aki", "ploop"];

    [Fact]
    public void Data_of_another_format_than_the_declared_one_is_refused()
    {
        foreach (var (format, image) in Specimen.All)
        {
            foreach (var declared in _inspected.Concat(_others).Where(declared => declared != format))
                Assert.StartsWith($"The image is declared as {declared}, but its data is {(format == "gpt" ? "a plain disk with partitions" : format)}", Inspected.As(declared, image).Refusal, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Raw_data_may_be_of_any_one_format_and_has_the_size_of_its_bytes()
    {
        foreach (var (format, image) in Specimen.All.Where(specimen => specimen.Format != "qed" && specimen.Image != Specimen.FixedVhd()))
            Assert.Equal(new FormatFinding(format, image.Length, null), Inspected.As("raw", image));
    }

    [Fact]
    public void Plain_bytes_pass_as_raw_and_as_what_is_not_inspected_alone()
    {
        var image = new byte[40_000].Put(100, 1, 2, 3);
        Assert.Equal(new FormatFinding("raw", image.Length, null), Inspected.As("raw", image));
        foreach (var declared in _others)
            Assert.Equal(new FormatFinding("raw", null, null), Inspected.As(declared, image));
        foreach (var declared in _inspected)
        {
            Assert.Equal($"The image is declared as {declared}, but its data is not of this format. Set disk_format to what the data is (raw, if it is a plain disk), or convert the data.",
                Inspected.As(declared, image).Refusal);
        }
    }

    [Fact]
    public void Data_that_could_be_read_as_two_formats_is_refused_as_each()
    {
        // A disc whose system area holds the header of another format.
        foreach (var (format, image) in Specimen.All.Where(specimen => specimen.Format is "qcow2" or "vdi" or "luks" or "vmdk"))
        {
            var both = Specimen.Iso().Put(0, image.AsSpan(0, 512));
            foreach (var declared in (string[])["raw", "iso", format])
            {
                var refusal = Inspected.As(declared, both).Refusal;
                Assert.Contains($"The image is declared as {declared}, but its data could be read as {(format == "luks" ? "iso and luks" : format + " and iso")}.", refusal, StringComparison.Ordinal);
            }
        }

        var three = Specimen.Partitioned(Specimen.Iso().Put(0, Specimen.Vdi().AsSpan(0, 440)), [0x80, 1, 1, 0, 0x83, 1, 1, 1], 1, 10);
        Assert.Contains("could be read as vdi and iso and gpt", Inspected.As("iso", three).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void What_leads_a_reader_elsewhere_is_refused_even_as_raw()
    {
        var backed = Specimen.Qcow2().PutBig64(8, 200);
        Assert.Equal("Image failed safety checks: it is declared as raw, but is qcow2, and it names a backing file; flatten it first, with qemu-img convert.",
            Inspected.As("raw", backed).Refusal);
        foreach (var descriptor in (string[])["# Disk DescriptorFile\nversion=1", "\n# a comment\n\n version=1\nRW 1 FLAT \"/etc/shadow\" 0\n", "encoding=\"x\"\nCREATETYPE=\"monolithicFlat\"\n"])
            Assert.Contains("it is declared as raw, but is vmdk, and it is a bare descriptor", Inspected.As("raw", System.Text.Encoding.ASCII.GetBytes(descriptor)).Refusal, StringComparison.Ordinal);
        Assert.Null(Inspected.As("raw", "#!/bin/sh\nversion=1\n"u8.ToArray().With(text => text[0] = 0)).Refusal);
        Assert.Null(Inspected.As("raw", "some text that is not about disks\nversion=1\n"u8.ToArray()).Refusal);
        // What is only damaged is but bytes.
        Assert.Null(Inspected.As("raw", Specimen.Qcow2().PutBig32(20, 40)).Refusal);
    }

    [Fact]
    public void An_operator_may_let_data_differ_from_its_declaration_but_not_be_unsafe()
    {
        var lenient = InspectionRules.Default with { RequireMatch = false };
        Assert.Equal(new FormatFinding("raw", null, null), Inspected.As("vhd", new byte[1000], rules: lenient));
        Assert.Equal(new FormatFinding("vdi", null, null), Inspected.As("vhd", Specimen.Vdi(), rules: lenient));
        Assert.Equal("Image failed safety checks: it is declared as vhd, but is qed, and the QED format is not allowed; convert it to qcow2.",
            Inspected.As("vhd", Specimen.Qed(), rules: lenient).Refusal);
        Inspected.IsUnsafe("it names a backing file", "qcow2", Specimen.Qcow2().PutBig64(8, 200));
    }

    [Theory]
    [InlineData("qcow2")]
    [InlineData("vmdk")]
    [InlineData("vhd")]
    [InlineData("vhdx")]
    [InlineData("vdi")]
    public void A_disk_larger_than_the_operator_allows_is_refused(string format)
    {
        var image = Specimen.All.First(specimen => specimen.Format == format).Image;
        Assert.Equal($"Image failed safety checks: its disk has {Specimen.Disk} bytes, more than {Specimen.Disk - 1}.",
            Inspected.As(format, image, rules: new InspectionRules(Specimen.Disk - 1)).Refusal);
        Assert.Null(Inspected.As(format, image, rules: new InspectionRules(Specimen.Disk)).Refusal);
    }

    [Fact]
    public void In_a_container_nothing_is_compared()
    {
        foreach (var (format, image) in Specimen.All)
        {
            Assert.Equal(new FormatFinding(format, null, null), Inspected.As("raw", image, wrapped: true));
            Assert.Equal(new FormatFinding(format, null, null), Inspected.As("aki", image, wrapped: true));
        }
    }

    [Fact]
    public void Every_beginning_of_an_image_is_judged_the_same_however_it_is_cut()
    {
        foreach (var (format, image) in Specimen.All.Where(specimen => specimen.Image.Length < 100_000))
        {
            foreach (var length in (int[])[1, 4, 8, 63, 64, 71, 72, 103, 104, 511, 512, 513, 591, 592, 1023, 1024, 1535, 2047, image.Length / 2, image.Length - 1])
            {
                var beginning = image[..Math.Min(length, image.Length)];
                Inspected.As(format, beginning);
                Assert.DoesNotContain("ends within its header", Inspected.As("raw", beginning).Refusal ?? "", StringComparison.Ordinal);
            }
        }
    }
}
