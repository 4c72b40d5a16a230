using System.Buffers.Binary;
using Tintype.DiskFormats.Inspection;

namespace Tintype.DiskFormats.Iso;

/// <summary>
/// Knows a CD or DVD by the first volume descriptor, in sector 16 of 2048 bytes (ECMA-119; ECMA-167 for UDF). What lies before it is
/// the system's own area, where a bootable disc may have a partition table.
/// <code>
/// 0 type (1: primary)   1 "CD001", "BEA01", "NSR02" or "NSR03"   6 version   80 blocks of the volume   128 bytes a block
///                                                            (little-endian, then again big-endian)
/// </code>
/// </summary>
public sealed class IsoInspector : IFormatInspector
{
    private const int DescriptorAt = 16 * 2048;
    private const int DescriptorLength = 2048;
    private const byte Primary = 1;

    private readonly ForwardWindow _descriptor = new();

    public IsoInspector() => _descriptor.TryOpen(DescriptorAt, DescriptorLength);

    public string Format => "iso";

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        if (!_descriptor.IsFull)
            _descriptor.Take(bytes);
    }

    public InspectorVerdict Finish()
    {
        if (!_descriptor.IsFull)
            return InspectorVerdict.NoMatch;
        var descriptor = _descriptor.Bytes;
        var name = descriptor[1..6];
        if (!name.SequenceEqual("CD001"u8) && !name.SequenceEqual("NSR02"u8) && !name.SequenceEqual("NSR03"u8) && !name.SequenceEqual("BEA01"u8))
            return InspectorVerdict.NoMatch;
        // UDF alone tells its size far behind.
        if (descriptor[0] != Primary || !name.SequenceEqual("CD001"u8))
            return new InspectorVerdict(true, null, null);
        var size = (long)BinaryPrimitives.ReadUInt32LittleEndian(descriptor[80..]) * BinaryPrimitives.ReadUInt16LittleEndian(descriptor[128..]);
        return new InspectorVerdict(true, size > 0 ? size : null, null);
    }
}
