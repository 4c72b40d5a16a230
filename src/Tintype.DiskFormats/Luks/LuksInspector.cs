using System.Buffers.Binary;
using Tintype.DiskFormats.Inspection;

namespace Tintype.DiskFormats.Luks;

/// <summary>
/// Judges an encrypted disk by its LUKS header, big-endian ("LUKS1 On-Disk Format Specification"):
/// <code>
///   0 magic "LUKS\xba\xbe"   6 version   8 cipher   40 mode   72 hash   104 payload's offset in sectors   108 key bytes   … 592
/// </code>
/// What lies inside cannot be seen without the passphrase.
/// </summary>
public sealed class LuksInspector : IFormatInspector
{
    private const int HeaderLength = 592;
    private const int VersionEnd = 8;
    private const int PayloadAt = 104;
    private const long SectorSize = 512;

    private readonly HeadBuffer _head = new(HeaderLength);
    private long _length;

    public string Format => "luks";

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        _head.Take(bytes);
        _length += bytes.Length;
    }

    public InspectorVerdict Finish()
    {
        var head = _head.Bytes;
        if (!head.StartsWith(Magic))
            return InspectorVerdict.NoMatch;
        if (head.Length < VersionEnd)
            return new InspectorVerdict(true, null, null, "it ends within its header");
        var version = BinaryPrimitives.ReadUInt16BigEndian(head[6..]);
        if (version != 1)
            return new InspectorVerdict(true, null, $"its LUKS version is {version}, which must be 1: QEMU reads no other");
        if (head.Length < HeaderLength)
            return new InspectorVerdict(true, null, null, "it ends within its header");
        var payload = BinaryPrimitives.ReadUInt32BigEndian(head[PayloadAt..]) * SectorSize;
        if (payload < HeaderLength || payload > _length)
            return new InspectorVerdict(true, null, null, $"its encrypted data begins at byte {payload}, which is not behind its header and within its {_length} bytes");
        return new InspectorVerdict(true, _length - payload, null);
    }

    private static ReadOnlySpan<byte> Magic => [(byte)'L', (byte)'U', (byte)'K', (byte)'S', 0xba, 0xbe];
}
