using Tintype.DiskFormats.Inspection;
using Tintype.DiskFormats.Vhd;
using Tintype.DiskFormats.Vhdx;
using Tintype.Tests.DiskFormats.Specimens;
using Xunit;

namespace Tintype.Tests.DiskFormats.Inspection;

/// <summary>Verdicts about what an attacker, or a broken transfer, would make of a sound image.</summary>
public sealed class HostileImageTests
{
    private const int Snapshots = 512 * 4;
    private const int RegionTable = 192 * 1024;
    private const int Metadata = 3 << 20;
    private const int Items = Metadata + (64 * 1024);

    [Fact]
    public void Each_specimen_passes_as_what_it_is()
    {
        foreach (var (format, image) in Specimen.All.Where(specimen => specimen.Format != "qed"))
        {
            var finding = Inspected.As(format, image);
            Assert.Null(finding.Refusal);
            Assert.Equal(format, finding.Format);
        }
    }

    [Theory]
    [InlineData(Snapshots + 8, 5_000_000u, "internal snapshot 1 has an L1 table of 5000000 entries, more than")]
    [InlineData(Snapshots + 4, 100u, "internal snapshot 1 has an L1 table at 100, where no cluster begins")]
    [InlineData(Snapshots, 0x80000000u, "internal snapshot 1 has an L1 table at 9223372036854778368, where no cluster begins")]
    [InlineData(Snapshots, 1u, "an internal snapshot's L1 table ends at 4294970112, beyond its 3072 bytes")]
    [InlineData(Snapshots + 36, 5000u, "internal snapshot 1 has 5000 bytes of more data")]
    [InlineData(60, 60000u, "its table of snapshots at 2048 does not lie within")]
    [InlineData(68, 0u, "its table of snapshots at 0 does not lie within")]
    [InlineData(32, 3u, "its encryption method is 3")]
    public void A_qcow2_whose_internal_snapshots_lie_is_refused(int field, uint value, string reason) =>
        Inspected.IsUnsafe(reason, "qcow2", Specimen.Qcow2WithSnapshot().PutBig32(field, value));

    [Fact]
    public void A_qcow2_that_ends_within_its_internal_snapshots_is_refused() =>
        Inspected.IsUnsafe("it ends within its table of 2 internal snapshots", "qcow2", Specimen.Qcow2WithSnapshot().PutBig32(60, 2).PutBig32(Snapshots + 36, 1000));

    [Theory]
    [InlineData(60, VhdFooter.Differencing, "it holds only differences from a parent disk")]
    [InlineData(60, 7u, "its VHD type is 7")]
    [InlineData(60, VhdFooter.Fixed, "it is a fixed disk that begins with a footer")]
    [InlineData(48, 0xffffffffu, "its disk has 18446744069415632896 bytes")]
    [InlineData(52, 0u, "its disk has 0 bytes")]
    [InlineData(48, 1u, "its disk has 4296015872 bytes, more than its 1 blocks of 2097152 hold")]
    [InlineData(20, 0u, "its dynamic header at 0 does not lie within")]
    [InlineData(20, 1_000_000u, "its dynamic header at 1000000 does not lie within")]
    [InlineData(16, 0xffffffffu, "its dynamic header at 18446744069414584832 does not lie within")]
    [InlineData(20, 1024u, "there is no dynamic header at 1024")]
    public void A_dynamic_vhd_whose_footers_lie_is_refused(int field, uint value, string reason)
    {
        var image = Specimen.DynamicVhd();
        var footer = Specimen.Resummed(image[..512].PutBig32(field, value));
        image.Put(0, footer).Put(image.Length - 512, footer);
        Inspected.IsUnsafe(reason, "vhd", image);
        // As raw it is but bytes.
        Assert.Equal(new FormatFinding("vhd", image.Length, null), Inspected.As("raw", image));
    }

    [Theory]
    [InlineData(512, "there is no dynamic header at 512")]
    [InlineData(512 + 16, "its block table at")]
    [InlineData(512 + 22, "its block table at 65280 does not lie within")]
    [InlineData(512 + 32, "its blocks have 4280287232 bytes, which must be a power of two")]
    [InlineData(512 + 28, "its block table at 1536 does not lie within")]
    [InlineData(100, "its footer does not fit its checksum")]
    public void A_dynamic_vhd_whose_headers_are_damaged_is_refused(int at, string reason) =>
        Inspected.IsUnsafe(reason, "vhd", Specimen.DynamicVhd().Put(at, 0xff));

    [Fact]
    public void A_vhd_whose_two_footers_tell_of_different_disks_is_refused()
    {
        var image = Specimen.DynamicVhd();
        image.Put(image.Length - 512, Specimen.VhdFooterOf(VhdFooter.Dynamic, 512, 2 << 20));
        Inspected.IsUnsafe("its footer contradicts the copy at its head", "vhd", image);
        Inspected.IsUnsafe("it ends before its footer", "vhd", Specimen.DynamicVhd()[..^1]);
        Inspected.IsUnsafe("it ends within its footer", "vhd", Specimen.DynamicVhd()[..100]);
    }

    [Fact]
    public void A_fixed_vhd_must_have_the_disk_that_its_footer_tells_of()
    {
        var cut = Specimen.FixedVhd()[1024..];
        Inspected.IsUnsafe("its footer tells of a disk of 65536 bytes, of which it has 64512", "vhd", cut);
        // Without a sum that fits, the last sector is chance, and the data not a VHD.
        Assert.Contains("its data is not of this format", Inspected.As("vhd", Specimen.FixedVhd().With(image => image[^100] = 1)).Refusal, StringComparison.Ordinal);
        Assert.Equal("raw", Inspected.As("raw", Specimen.FixedVhd()[..^1]).Format);
    }

    [Theory]
    [InlineData(64 * 1024, "neither of its headers is sound")]
    [InlineData(RegionTable, "its region table is not sound")]
    [InlineData(RegionTable + 100, "its region table is not sound")] // the checksum does not fit
    [InlineData(Metadata, "its metadata table is not sound")]
    [InlineData(Metadata + 11, "its metadata table is not sound")] // 65285 entries
    [InlineData(Metadata + 32, "its metadata lacks the size of the disk or the file's parameters", true)]
    [InlineData(Metadata + 32 + 32 + 18, "its metadata has an item of 8 bytes at 16711696")]
    [InlineData(Metadata + 32 + 32 + 20, "its metadata has an item of 255 bytes at 65552")]
    [InlineData(Items, "its blocks have 1048831 bytes")]
    [InlineData(Items + 4, "it holds only differences from a parent disk")]
    [InlineData(Items + 16, "its disk has 1048831 bytes")]
    [InlineData(Items + 16 + 7, "its disk has 18374686479672672256 bytes")]
    public void A_vhdx_that_is_damaged_is_refused(int at, string reason, bool optional = false)
    {
        var image = Specimen.Vhdx().Put(at, 0xff);
        if (at == 64 * 1024)
            image.Put(128 * 1024, 0xff);
        if (optional)
            image.Put(Metadata + 32 + 24, 0);
        Inspected.IsUnsafe(reason, "vhdx", image);
        Assert.Equal(new FormatFinding("vhdx", image.Length, null), Inspected.As("raw", image));
    }

    [Fact]
    public void A_vhdx_with_what_is_not_known_but_needed_is_refused()
    {
        Inspected.IsUnsafe("it needs metadata that is not known (", "vhdx", Specimen.Vhdx().Put(Metadata + 32, 0xff));
        Inspected.IsUnsafe("it needs a region that is not known (", "vhdx", WithRegions(table => table.Put32(8, 3).Put(80, 1).Put32(80 + 28, 1)));
    }

    [Theory]
    [InlineData(8, 4000u, "its region table is not sound")]
    [InlineData(8, 1u, "its region table lacks the metadata or the block table")]
    [InlineData(64, 0u, "its region at 0 does not lie behind its headers")] // over what was read already
    [InlineData(68, 0xffffffffu, "its region at 18446744069417730048 does not lie behind its headers")]
    [InlineData(64, 0x40000000u, "it ends before its metadata")]
    [InlineData(72, 65536u, "its metadata has 65536 bytes, which cannot hold its table")]
    [InlineData(40, 0xfff00000u, "its block table at 2097152 does not lie within its 3276800 bytes")]
    public void A_vhdx_whose_region_table_lies_is_refused(int field, uint value, string reason) =>
        Inspected.IsUnsafe(reason, "vhdx", WithRegions(table => table.Put32(field, value)));

    [Fact]
    public void A_vhdx_that_names_a_thing_twice_is_refused()
    {
        Inspected.IsUnsafe("its region table names a region twice", "vhdx", WithRegions(table => table.Put(16, table.AsSpan(48, 32))));
        Inspected.IsUnsafe("its metadata names an item twice", "vhdx", Specimen.Vhdx().With(image => image.Put(Metadata + 32, image.AsSpan(Metadata + 64, 32))));
        Inspected.IsUnsafe("its metadata overlaps itself", "vhdx", Specimen.Vhdx().With(image => image.Put32(Metadata + 64 + 16, (64 * 1024) + 4)));
    }

    [Fact]
    public void A_vhdx_whose_log_waits_is_refused_wherever_the_later_header_is()
    {
        byte[] Header(ulong sequence, byte log) => Specimen.Sum(Specimen.Vhdx()[(64 * 1024)..(64 * 1024 + VhdxHeader.Length)].Put64(8, sequence).Put(48, log));
        Inspected.IsUnsafe("it has a log that was not replayed", "vhdx", Specimen.Vhdx().Put(128 * 1024, Header(9, 1)));
        Inspected.IsUnsafe("it has a log that was not replayed", "vhdx", Specimen.Vhdx().Put(64 * 1024, Header(9, 1)));
        Assert.Null(Inspected.As("vhdx", Specimen.Vhdx().Put(64 * 1024, Header(0, 1))).Refusal);
        // A header whose sum does not fit is passed over.
        Assert.Null(Inspected.As("vhdx", Specimen.Vhdx().Put(64 * 1024, Header(9, 1)).Put(64 * 1024 + 100, 1)).Refusal);
    }

    [Theory]
    [InlineData(68, 0x10002u, "its VDI version is 1.2")]
    [InlineData(76, 4u, "its VDI type is 4")]
    [InlineData(424, 1u, "it names a parent disk")]
    [InlineData(452, 1u, "it names a parent disk")]
    [InlineData(360, 4096u, "its sectors have 4096 bytes")]
    [InlineData(376, 0u, "its blocks have 0 bytes")]
    [InlineData(384, 0u, "its disk has 1048576 bytes, more than its 0 blocks hold")]
    [InlineData(372, 0xffffffffu, "its disk has 18446744069415632896 bytes, more than its 1 blocks hold")]
    [InlineData(384, 0xffffffffu, "its block map at 512 does not lie within its 1024 bytes")]
    [InlineData(340, 0u, "its block map at 0 does not lie within its 1024 bytes")]
    [InlineData(340, 0xfffffe00u, "its block map at 4294966784 does not lie within its 1024 bytes")]
    [InlineData(344, 512u, "its data at 512 does not begin behind its block map")]
    public void A_vdi_header_that_lies_is_refused(int field, uint value, string reason)
    {
        var image = Specimen.Vdi().Put32(field, value);
        Inspected.IsUnsafe(reason, "vdi", image);
        Assert.Equal(new FormatFinding("vdi", image.Length, null), Inspected.As("raw", image));
    }

    [Fact]
    public void Only_luks_1_passes_and_only_whole()
    {
        var second = Specimen.Luks().Put(7, 2);
        Assert.Equal("Image failed safety checks: its LUKS version is 2, which must be 1: QEMU reads no other.", Inspected.As("luks", second).Refusal);
        Assert.Equal("Image failed safety checks: it is declared as raw, but is luks, and its LUKS version is 2, which must be 1: QEMU reads no other.", Inspected.As("raw", second).Refusal);
        Inspected.IsUnsafe("it ends within its header", "luks", Specimen.Luks()[..591]);
        Inspected.IsUnsafe("its encrypted data begins at byte 2199023255040", "luks", Specimen.Luks().PutBig32(104, uint.MaxValue));
        Inspected.IsUnsafe("its encrypted data begins at byte 0", "luks", Specimen.Luks().PutBig32(104, 0));
    }

    [Theory]
    [InlineData(446, 0x17, "the boot flag of entry 1 of its MBR is 0x17")]
    [InlineData(446 + 48, 0x01, "the boot flag of entry 4 of its MBR is 0x01")]
    [InlineData(447, 0x01, "the protective entry of its MBR begins at CHS 01 02 00")]
    [InlineData(448, 0x01, "the protective entry of its MBR begins at CHS 00 01 00")]
    [InlineData(449, 0x01, "the protective entry of its MBR begins at CHS 00 02 01")]
    [InlineData(454, 0x02, "the protective entry of its MBR begins at sector 2")]
    [InlineData(457, 0xff, "the protective entry of its MBR begins at sector 4278190081")]
    [InlineData(446 + 16 + 4, 0x83, "its MBR protects a GPT and has other partitions beside it")]
    [InlineData(450, 0x00, "its boot sector has a signature but no partitions")]
    public void A_partition_table_that_readers_could_see_differently_is_refused(int at, byte value, string reason)
    {
        var image = Specimen.Gpt().Put(at, value);
        Inspected.IsUnsafe(reason, "raw", image);
        Inspected.IsUnsafe(reason, "gpt", image);

        var rules = InspectionRules.Default;
        Assert.Null(Inspected.As("raw", image, rules: rules with { StrictPartitionTables = false }).Refusal);
        Assert.Equal(new FormatFinding("gpt", image.Length, null), Inspected.As("raw", image, rules: rules with { RawMayBeAnything = true }));
    }

    [Fact]
    public void A_protective_entry_that_is_not_the_first_is_refused() =>
        Inspected.IsUnsafe("its MBR protects a GPT and has other partitions", "raw",
            Specimen.Partitioned(new byte[4096], [0, 0, 2, 0, 0xEE, 0xff, 0xff, 0xff], 1, 7, index: 1));

    [Fact]
    public void A_fat_file_system_is_no_partitioned_disk() =>
        Assert.Equal(new FormatFinding("raw", 65536, null), Inspected.As("raw", new byte[65536].Put(0, 0xEB, 0x3C, 0x90).Put(0x10, 2).Put(0x15, 0xF8).Put(510, 0x55, 0xAA)));

    [Fact]
    public void A_disc_without_a_primary_descriptor_first_has_no_known_size()
    {
        Assert.Equal(new FormatFinding("iso", null, null), Inspected.As("iso", Specimen.Iso().Put(16 * 2048, 0)));
        Assert.Equal(new FormatFinding("iso", null, null), Inspected.As("iso", new byte[40960].Put((16 * 2048) + 1, "BEA01"u8)));
        Assert.Contains("not of this format", Inspected.As("iso", Specimen.Iso()[..((18 * 2048) - 2049)]).Refusal, StringComparison.Ordinal);
    }

    private static byte[] WithRegions(Action<byte[]> change)
    {
        var table = Specimen.Vhdx()[RegionTable..(RegionTable + (64 * 1024))];
        change(table);
        return Specimen.Vhdx().Put(RegionTable, Specimen.Sum(table));
    }
}
