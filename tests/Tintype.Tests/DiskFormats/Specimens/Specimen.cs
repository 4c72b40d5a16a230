using System.Text;
using Tintype.DiskFormats.Vhd;
using Tintype.DiskFormats.Vhdx;

namespace Tintype.Tests.DiskFormats.Specimens;

/// <summary>
/// The smallest sound image of each format, made from its specification, the same bytes each time. All hold 1 MiB but the disc, the
/// fixed VHD, the partitioned disk and the encrypted one, whose sizes follow from their bytes.
/// </summary>
internal static class Specimen
{
    public const int Disk = 1 << 20;

    /// <summary>Each specimen with its disk_format.</summary>
    public static IReadOnlyList<(string Format, byte[] Image)> All { get; } =
    [
        ("qcow2", Qcow2()), ("qcow2", Qcow2WithSnapshot()), ("vmdk", Vmdk()), ("vmdk", VmdkWithFooter()), ("vhd", DynamicVhd()),
        ("vhd", FixedVhd()), ("vhdx", Vhdx()), ("vdi", Vdi()), ("qed", Qed()), ("iso", Iso()), ("gpt", Gpt()), ("luks", Luks()),
    ];

    /// <summary>Clusters of 512 bytes: header │ refcount table │ refcount block │ L1.</summary>
    public static byte[] Qcow2()
    {
        // 1 MiB by L2 tables of 64 clusters of 512 bytes: 32 of them.
        var image = new byte[512 * 4].PutBig32(0, 0x514649FB).PutBig32(4, 3).PutBig32(20, 9).PutBig64(24, Disk)
            .PutBig32(36, 32).PutBig64(40, 512 * 3).PutBig64(48, 512).PutBig32(56, 1).PutBig32(96, 4).PutBig32(100, 104);
        image.PutBig64(512, 512 * 2);
        for (var cluster = 0; cluster < 4; cluster++)
            image[(512 * 2) + (cluster * 2) + 1] = 1;
        return image;
    }

    /// <summary>The same, and one internal snapshot named "one" whose L1 table is in the cluster behind.</summary>
    public static byte[] Qcow2WithSnapshot()
    {
        var image = Qcow2();
        Array.Resize(ref image, 512 * 6);
        image.PutBig32(60, 1).PutBig64(64, 512 * 4);
        image.PutBig64(512 * 4, 512 * 5).PutBig32((512 * 4) + 8, 32).Put((512 * 4) + 12, 0, 1, 0, 3).PutBig32((512 * 4) + 36, 16)
            .PutBig64((512 * 4) + 48, Disk).Put((512 * 4) + 56, (byte)'1').Put((512 * 4) + 57, "one"u8);
        image[(512 * 2) + 9] = 1;
        image[(512 * 2) + 11] = 1;
        return image;
    }

    /// <summary>Header │ descriptor of 20 sectors │ grain directory │ grain tables (4 of 4 sectors) and room.</summary>
    public static byte[] Vmdk() => Vmdk("monolithicSparse", 21);

    /// <summary>As it is streamed: the directory is told by the footer.</summary>
    public static byte[] VmdkWithFooter()
    {
        var image = Vmdk("streamOptimized", 21);
        image.Put32(4, 3).Put32(8, 0x3_0001).Put(77, 1, 0);
        var footer = image[..512];
        image.Put64(56, ulong.MaxValue);
        var marker = new byte[512].Put64(0, 1).Put32(12, 3);
        return [.. image, .. marker, .. footer, .. new byte[512]];
    }

    public static byte[] Vmdk(string createType, ulong directorySector)
    {
        var image = new byte[512 * 32].Put(0, "KDMV"u8).Put32(4, 1).Put32(8, 1).Put64(12, Disk / 512).Put64(20, 128).Put64(28, 1)
            .Put64(36, 20).Put32(44, 512).Put64(48, 0).Put64(56, directorySector).Put64(64, 32).Put(73, "\n \r\n"u8);
        var text = $"# Disk DescriptorFile\nversion=1\nCID=5a5a5a5a\nparentCID=ffffffff\ncreateType=\"{createType}\"\n\nRW {Disk / 512} SPARSE \"disk.vmdk\"\n\nddb.adapterType = \"ide\"\n";
        image.Put(512, Encoding.ASCII.GetBytes(text));
        return image.Put32(21 * 512, 22);
    }

    /// <summary>Footer's copy │ dynamic header │ block table │ footer. Blocks of 2 MiB.</summary>
    public static byte[] DynamicVhd()
    {
        var footer = VhdFooterOf(VhdFooter.Dynamic, 512, Disk);
        var header = new byte[1024].Put(0, "cxsparse"u8).PutBig64(8, ulong.MaxValue).PutBig64(16, 1536).PutBig32(24, 0x10000)
            .PutBig32(28, 1).PutBig32(32, 2 << 20);
        header.PutBig32(36, VhdFooter.ChecksumOf(header, 36));
        return [.. footer, .. header, .. Enumerable.Repeat((byte)0xff, 512), .. footer];
    }

    /// <summary>64 KiB of disk, and the footer.</summary>
    public static byte[] FixedVhd() => [.. new byte[64 * 1024], .. VhdFooterOf(VhdFooter.Fixed, ulong.MaxValue, 64 * 1024)];

    public static byte[] VhdFooterOf(uint type, ulong dynamicHeader, ulong size)
    {
        // Geometry for 1 MiB: 60 cylinders, 2 heads, 17 sectors. The creator that makes QEMU take the size from its field.
        var footer = new byte[512].Put(0, "conectix"u8).PutBig32(8, 2).PutBig32(12, 0x10000).PutBig64(16, dynamicHeader).Put(28, "win "u8)
            .PutBig32(32, 0x50003).PutBig64(40, size).PutBig64(48, size).PutBig32(56, 0x003C0211).PutBig32(60, type).Put(68, 1, 2, 3, 4);
        return Resummed(footer);
    }

    /// <summary>The footer at the beginning of <paramref name="image"/> with the checksum that its bytes need.</summary>
    public static byte[] Resummed(byte[] image) => image.PutBig32(64, VhdFooter.ChecksumOf(image.AsSpan(0, 512), 64));

    /// <summary>Identity, headers and tables where they must be; a log and a block table at 1 and 2 MiB, metadata at 3.</summary>
    /// <param name="metadata">Elsewhere, for a file that is smaller: then the block table is nothing that anybody could use.</param>
    public static byte[] Vhdx(int metadata = 3 << 20)
    {
        var image = new byte[metadata + (128 * 1024)];
        var blocks = Math.Min(2 << 20, metadata);
        image.Put(0, "vhdxfile"u8);
        for (ulong i = 0; i < 2; i++)
        {
            var header = image.AsSpan((int)(i + 1) * 64 * 1024, VhdxHeader.Length);
            Sum(new byte[VhdxHeader.Length].Put(0, "head"u8).Put64(8, i + 1).Put(16, 1).Put(66, 1).Put32(68, 1 << 20).Put64(72, 1 << 20)).CopyTo(header);
        }

        var regions = new byte[64 * 1024].Put(0, "regi"u8).Put32(8, 2)
            .Put(16, VhdxRegion.Blocks.ToByteArray()).Put64(32, (ulong)blocks).Put32(40, blocks == metadata ? 64u : 1 << 20).Put32(44, 1)
            .Put(48, VhdxRegion.Metadata.ToByteArray()).Put64(64, (ulong)metadata).Put32(72, 1 << 20).Put32(76, 1);
        image.Put(192 * 1024, Sum(regions)).Put(256 * 1024, regions);

        image.Put(metadata, "metadata"u8).Put(metadata + 10, 5);
        (Guid Id, uint Length, uint Flags, byte[] Value)[] items =
        [
            (VhdxItem.FileParameters, 8, 4, new byte[8].Put32(0, 1 << 20)),
            (VhdxItem.DiskSize, 8, 6, new byte[8].Put64(0, Disk)),
            (new Guid("beca12ab-b2e6-4523-93ef-c309e000c746"), 16, 6, new byte[16].Put(0, 7)),
            (new Guid("8141bf1d-a96f-4709-ba47-f233a8faab5f"), 4, 6, new byte[4].Put32(0, 512)),
            (new Guid("cda348c7-445d-4471-9cc9-e9885251c556"), 4, 6, new byte[4].Put32(0, 512)),
        ];
        for (var i = 0; i < items.Length; i++)
        {
            var at = (64 * 1024) + (i * 16);
            var entry = metadata + 32 + (i * VhdxItem.EntrySize);
            image.Put(entry, items[i].Id.ToByteArray()).Put32(entry + 16, (uint)at).Put32(entry + 20, items[i].Length).Put32(entry + 24, items[i].Flags);
            image.Put(metadata + at, items[i].Value);
        }

        return image;
    }

    /// <summary>A VHDX structure with the checksum that its bytes need.</summary>
    public static byte[] Sum(byte[] structure) => structure.Put32(4, VhdxChecksum.Of(structure));

    /// <summary>Header │ block map of one entry │ nothing stored.</summary>
    public static byte[] Vdi() => new byte[1024].Put(0, "<<< Oracle VM VirtualBox Disk Image >>>\n"u8).Put32(64, 0xBEDA107F).Put32(68, 0x10001)
        .Put32(72, 400).Put32(76, 1).Put32(340, 512).Put32(344, 1024).Put32(360, 512).Put64(368, Disk).Put32(376, 1 << 20).Put32(384, 1)
        .Put(392, 1).Put(408, 2).Put32(512, uint.MaxValue);

    public static byte[] Qed() => new byte[4096 * 3].Put(0, "QED\0"u8).Put32(4, 4096).Put32(8, 1).Put32(12, 1).Put64(40, 4096).Put64(48, Disk);

    /// <summary>System area │ primary descriptor │ end of descriptors │ room. 20 blocks of 2048 bytes.</summary>
    public static byte[] Iso() => new byte[20 * 2048].Put(16 * 2048, [1, .. "CD001"u8, 1]).Put32((16 * 2048) + 80, 20).PutBig32((16 * 2048) + 84, 20)
        .Put((16 * 2048) + 128, 0, 8, 8, 0).Put(17 * 2048, [255, .. "CD001"u8, 1]);

    /// <summary>A protective MBR, and room for a GPT, which nobody here looks at.</summary>
    public static byte[] Gpt() => Partitioned(new byte[64 * 1024], [0, 0, 2, 0, 0xEE, 0xff, 0xff, 0xff], 1, 127);

    public static byte[] Partitioned(byte[] image, ReadOnlySpan<byte> entry, uint start, uint sectors, int index = 0) =>
        image.Put(446 + (index * 16), entry).Put32(446 + (index * 16) + 8, start).Put32(446 + (index * 16) + 12, sectors).Put(510, 0x55, 0xAA);

    /// <summary>Header │ key material's room │ 64 KiB encrypted.</summary>
    public static byte[] Luks() => new byte[(8 * 512) + (64 * 1024)].Put(0, [.. "LUKS"u8, 0xba, 0xbe, 0, 1]).Put(8, "aes"u8).Put(40, "xts-plain64"u8)
        .Put(72, "sha256"u8).PutBig32(104, 8).PutBig32(108, 64);
}
