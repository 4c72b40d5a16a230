using System.Buffers.Binary;
using Tintype.DiskFormats.Inspection;

namespace Tintype.DiskFormats.Vmdk;

/// <summary>
/// Judges a VMDK by header, embedded descriptor and, where there is one, footer. Only disks that lie in this one file pass: a
/// descriptor can name any file of the host as an extent or as a parent.
/// <code>
/// header (512) │ descriptor, text up to a zero byte │ … grains …                        monolithicSparse
/// the same, grain directory "at end"                │ … │ marker │ footer │ end marker  streamOptimized
/// </code>
/// </summary>
public sealed class VmdkInspector : IFormatInspector
{
    /// <summary>Where the descriptor must lie, in sectors, and its greatest length in bytes: all tools write 10 KiB, QEMU's own limit
    /// of 1 MiB would be a lot to hold for each upload.</summary>
    private const int DescriptorSector = 1;
    private const int MaximumDescriptor = 64 * 1024;

    // Footer marker, footer, end-of-stream marker: a sector each.
    private const int FooterArea = 3 * VmdkHeader.SectorSize;
    private const uint FooterMarker = 3;

    private readonly HeadBuffer _head = new(VmdkHeader.Length);
    private readonly TailBuffer _tail = new(FooterArea);
    private long _length;

    public string Format => "vmdk";

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        _length += bytes.Length;
        var taken = _head.Take(bytes);
        if (_head.Limit == VmdkHeader.Length && _head.Bytes.Length == VmdkHeader.Length && VmdkHeader.HasMagic(_head.Bytes))
        {
            var size = Math.Min(VmdkHeader.Parse(_head.Bytes).DescriptorSize, MaximumDescriptor / VmdkHeader.SectorSize);
            _head.Limit += (int)size * VmdkHeader.SectorSize;
            _head.Take(bytes[taken..]);
        }

        _tail.Take(bytes);
    }

    public InspectorVerdict Finish()
    {
        var head = _head.Bytes;
        if (VmdkDescriptor.IsBare(head))
            return new InspectorVerdict(true, null, "it is a bare descriptor, whose data lies in other files; export it as one file");
        if (head.StartsWith("COWD"u8))
            return new InspectorVerdict(true, null, "it is a sparse extent of the old COWD kind; convert it to streamOptimized");
        if (!VmdkHeader.HasMagic(head))
            return InspectorVerdict.NoMatch;
        if (head.Length < VmdkHeader.Length)
            return new InspectorVerdict(true, null, null, "it ends within its header");

        var header = VmdkHeader.Parse(head);
        var size = header.Capacity <= long.MaxValue / VmdkHeader.SectorSize ? (long?)header.Capacity * VmdkHeader.SectorSize : null;
        return new InspectorVerdict(true, size, HeaderHazard(header) ?? DescriptorHazard(header) ?? FooterHazard(header), DirectoryFlaw(header));
    }

    private static string? HeaderHazard(VmdkHeader header)
    {
        if (header.Version is < 1 or > 3)
            return $"its VMDK version is {header.Version}, which must be 1 to 3";
        // QEMU takes a capacity of 0 for "see the descriptor's extents", which are other files.
        if (header.Capacity is 0 or > long.MaxValue / VmdkHeader.SectorSize)
            return $"its header gives the disk {header.Capacity} sectors";
        return null;
    }

    private string? DescriptorHazard(VmdkHeader header)
    {
        if (header.DescriptorOffset == 0 || header.DescriptorSize == 0)
            return "it has no descriptor: it is one part of a disk of several files";
        if (header.DescriptorOffset != DescriptorSector)
            return $"its descriptor lies at sector {header.DescriptorOffset}, which must be {DescriptorSector}";
        if (header.DescriptorSize > MaximumDescriptor / VmdkHeader.SectorSize)
            return $"its descriptor has {header.DescriptorSize} sectors, more than {MaximumDescriptor / VmdkHeader.SectorSize}";
        var descriptor = _head.Bytes[VmdkHeader.Length..];
        if (descriptor.Length < (int)header.DescriptorSize * VmdkHeader.SectorSize)
            return "it ends within its descriptor";
        // QEMU reads on to the first zero byte, wherever the header says that the descriptor ends.
        var end = descriptor.IndexOf((byte)0);
        if (end < 0)
            return "its descriptor has no end";
        return VmdkDescriptor.Hazard(descriptor[..end]);
    }

    private string? FooterHazard(VmdkHeader header)
    {
        if (header.DirectoryOffset != VmdkHeader.DirectoryAtEnd)
            return null;
        if (_length % VmdkHeader.SectorSize != 0 || _length < VmdkHeader.Length + FooterArea)
            return "it ends before its footer";
        var tail = _tail.Bytes;
        var footer = tail[VmdkHeader.SectorSize..];
        var end = tail[(2 * VmdkHeader.SectorSize)..];
        if (!IsMarker(tail[..VmdkHeader.SectorSize], FooterMarker) || !VmdkHeader.HasMagic(footer) || end.ContainsAnyExcept((byte)0))
            return "it has no footer, although its header refers to one";
        // The footer takes precedence, and nobody has checked it: it may differ only where it must.
        if (VmdkHeader.Parse(footer) with { DirectoryOffset = 0, RedundantDirectoryOffset = 0 } != header with { DirectoryOffset = 0, RedundantDirectoryOffset = 0 })
            return "its footer contradicts its header";
        return VmdkHeader.Parse(footer).DirectoryOffset == VmdkHeader.DirectoryAtEnd ? "its footer refers to another footer" : null;
    }

    private string? DirectoryFlaw(VmdkHeader header)
    {
        if (header.DirectoryOffset == VmdkHeader.DirectoryAtEnd && _tail.Bytes.Length == FooterArea)
            header = VmdkHeader.Parse(_tail.Bytes[VmdkHeader.SectorSize..]);
        return LiesWithin(header.DirectoryOffset) ? null : $"its grain directory at sector {header.DirectoryOffset} lies beyond its {_length} bytes";
    }

    private bool LiesWithin(ulong sector) => sector > 0 && sector < (ulong)_length / VmdkHeader.SectorSize;

    // value (8 bytes), size (4; 0 for a marker), type (4), zeros
    private static bool IsMarker(ReadOnlySpan<byte> sector, uint type) =>
        BinaryPrimitives.ReadUInt32LittleEndian(sector[8..]) == 0 && BinaryPrimitives.ReadUInt32LittleEndian(sector[12..]) == type
        && !sector[16..].ContainsAnyExcept((byte)0);
}
