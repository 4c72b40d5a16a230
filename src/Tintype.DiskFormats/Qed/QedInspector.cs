using System.Buffers.Binary;
using Tintype.DiskFormats.Inspection;

namespace Tintype.DiskFormats.Qed;

/// <summary>Knows QEMU's old QED format by its magic, and refuses it: nobody supports it any more, and it can name a backing file.</summary>
public sealed class QedInspector : IFormatInspector
{
    // magic "QED\0", …, image size at 48 (little-endian)
    private const int HeaderLength = 56;
    private const int SizeAt = 48;

    private readonly HeadBuffer _head = new(HeaderLength);

    public string Format => "qed";

    public void Feed(ReadOnlySpan<byte> bytes) => _head.Take(bytes);

    public InspectorVerdict Finish()
    {
        var head = _head.Bytes;
        if (head.Length < HeaderLength || !head.StartsWith("QED\0"u8))
            return InspectorVerdict.NoMatch;
        var size = BinaryPrimitives.ReadUInt64LittleEndian(head[SizeAt..]);
        return new InspectorVerdict(true, size <= long.MaxValue ? (long)size : null, "the QED format is not allowed; convert it to qcow2");
    }
}
