using System.Buffers.Binary;
using Tintype.DiskFormats.Inspection;

namespace Tintype.DiskFormats.Vdi;

/// <summary>
/// Judges a VirtualBox disk by its header, little-endian, as QEMU reads it (block/vdi.c):
/// <code>
///  64 magic 7f 10 da be      76 type: 1 dynamic, 2 fixed   340 offset of the block map   368 size of the disk   384 blocks
///  68 version 0x00010001     (others have a parent)        344 offset of the data        376 bytes a block      424 parent's snapshot (16)
///                                                          360 bytes a sector                                   440 parent (16)
/// </code>
/// </summary>
public sealed class VdiInspector : IFormatInspector
{
    private const int HeaderLength = 512;
    private const int MagicAt = 64;
    private const uint Magic = 0xBEDA107F;
    private const uint KnownVersion = 0x0001_0001;
    private const uint KnownBlockSize = 1 << 20;
    private const uint SectorSize = 512;

    private readonly HeadBuffer _head = new(HeaderLength);
    private long _length;

    public string Format => "vdi";

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        _head.Take(bytes);
        _length += bytes.Length;
    }

    public InspectorVerdict Finish()
    {
        var head = _head.Bytes;
        if (head.Length < HeaderLength || UInt32(head, MagicAt) != Magic)
            return InspectorVerdict.NoMatch;
        var size = BinaryPrimitives.ReadUInt64LittleEndian(head[368..]);
        return new InspectorVerdict(true, size <= long.MaxValue ? (long)size : null, null, Flaw(head, size));
    }

    private string? Flaw(ReadOnlySpan<byte> head, ulong size)
    {
        if (UInt32(head, 68) is var version and not KnownVersion)
            return $"its VDI version is {version >> 16}.{version & 0xffff}, which must be 1.1";
        if (UInt32(head, 76) is var type and not (1 or 2))
            return $"its VDI type is {type}, which must be 1 (dynamic) or 2 (fixed)";
        if (head[424..456].ContainsAnyExcept((byte)0))
            return "it names a parent disk; merge it first";
        if (UInt32(head, 360) is var sector and not SectorSize)
            return $"its sectors have {sector} bytes, which must be {SectorSize}";
        if (UInt32(head, 376) is var block and not KnownBlockSize)
            return $"its blocks have {block} bytes, which must be {KnownBlockSize}";
        var (map, data, blocks) = (UInt32(head, 340), UInt32(head, 344), UInt32(head, 384));
        if (size > (ulong)blocks * KnownBlockSize)
            return $"its disk has {size} bytes, more than its {blocks} blocks hold";
        if (map % SectorSize != 0 || map < HeaderLength || map + (blocks * 4L) > _length)
            return $"its block map at {map} does not lie within its {_length} bytes";
        if (data % SectorSize != 0 || data < map + (blocks * 4L))
            return $"its data at {data} does not begin behind its block map";
        return null;
    }

    private static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
