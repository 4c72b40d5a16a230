using System.Buffers.Binary;
using System.Numerics;
using Tintype.DiskFormats.Inspection;

namespace Tintype.DiskFormats.Vhd;

/// <summary>
/// Judges a VHD (QEMU's vpc). A fixed one is a disk with a footer behind it; a dynamic one begins with a copy of its footer, and
/// readers differ in which of the two they believe, so they must agree.
/// <code>
/// … disk … │ footer                                                          fixed
/// copy of the footer │ dynamic header (1024) │ block table │ blocks │ footer  dynamic
/// dynamic header, big-endian: 0 "cxsparse"   16 offset of the block table   28 entries   32 bytes a block
/// </code>
/// </summary>
public sealed class VhdInspector : IFormatInspector
{
    private const int DynamicHeaderLength = 1024;
    private const uint LeastBlock = 512;

    private readonly ForwardWindow _window = new();
    private readonly TailBuffer _tail = new(VhdFooter.Length);
    private VhdFooter? _head;
    private long _length;

    public VhdInspector() => _window.TryOpen(0, VhdFooter.Length);

    public string Format => "vhd";

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        _length += bytes.Length;
        _tail.Take(bytes);
        if (_window.IsFull)
            return;
        bytes = bytes[_window.Take(bytes)..];
        if (!_window.IsFull || _head is not null || !VhdFooter.HasMagic(_window.Bytes))
            return;
        _head = VhdFooter.Parse(_window.Bytes);
        if (_head is { Type: VhdFooter.Dynamic, DynamicHeaderOffset: >= VhdFooter.Length and <= long.MaxValue } head
            && _window.TryOpen((long)head.DynamicHeaderOffset, DynamicHeaderLength))
            _window.Take(bytes);
    }

    public InspectorVerdict Finish()
    {
        var last = _length >= VhdFooter.Length && VhdFooter.HasMagic(_tail.Bytes) ? VhdFooter.Parse(_tail.Bytes) : (VhdFooter?)null;
        if (_head is { } head)
            return new InspectorVerdict(true, Size(head), null, FooterFlaw(head) ?? DynamicFlaw(head, last));
        // Without a copy at its head the footer of a fixed disk is all there is: a sum that fits tells it from chance.
        if (last is { ChecksumHolds: true } footer && (footer.Type == VhdFooter.Fixed || _length == VhdFooter.Length))
            return new InspectorVerdict(true, Size(footer), null, FooterFlaw(footer) ?? FixedFlaw(footer));
        return VhdFooter.HasMagic(_window.Bytes) && _length < VhdFooter.Length
            ? new InspectorVerdict(true, null, null, "it ends within its footer") : InspectorVerdict.NoMatch;
    }

    private static long? Size(VhdFooter footer) => footer.Size <= long.MaxValue ? (long)footer.Size : null;

    private static string? FooterFlaw(VhdFooter footer)
    {
        if (footer.Type == VhdFooter.Differencing)
            return "it holds only differences from a parent disk; merge it first";
        if (footer.Type is not (VhdFooter.Fixed or VhdFooter.Dynamic))
            return $"its VHD type is {footer.Type}, which must be {VhdFooter.Fixed} (fixed) or {VhdFooter.Dynamic} (dynamic)";
        if (!footer.ChecksumHolds)
            return "its footer does not fit its checksum";
        return footer.Size is 0 or > long.MaxValue ? $"its disk has {footer.Size} bytes" : null;
    }

    private string? FixedFlaw(VhdFooter footer) => footer.Size > (ulong)(_length - VhdFooter.Length)
        ? $"its footer tells of a disk of {footer.Size} bytes, of which it has {_length - VhdFooter.Length}" : null;

    private string? DynamicFlaw(VhdFooter head, VhdFooter? last)
    {
        if (last is null)
            return "it ends before its footer";
        if (last != head)
            return "its footer contradicts the copy at its head";
        if (head.Type == VhdFooter.Fixed)
            return "it is a fixed disk that begins with a footer";
        if (!_window.IsFull || _window.Offset < VhdFooter.Length)
            return $"its dynamic header at {head.DynamicHeaderOffset} does not lie within its {_length} bytes";
        var header = _window.Bytes;
        if (!header.StartsWith("cxsparse"u8))
            return $"there is no dynamic header at {head.DynamicHeaderOffset}";
        var table = BinaryPrimitives.ReadUInt64BigEndian(header[16..]);
        var entries = BinaryPrimitives.ReadUInt32BigEndian(header[28..]);
        var block = BinaryPrimitives.ReadUInt32BigEndian(header[32..]);
        if (!BitOperations.IsPow2(block) || block < LeastBlock)
            return $"its blocks have {block} bytes, which must be a power of two of at least {LeastBlock}";
        if (head.Size > (ulong)entries * block)
            return $"its disk has {head.Size} bytes, more than its {entries} blocks of {block} hold";
        if (table > (ulong)_length || entries * 4L > _length - (long)table)
            return $"its block table at {table} does not lie within its {_length} bytes";
        return null;
    }
}
