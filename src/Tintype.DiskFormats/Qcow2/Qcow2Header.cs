using System.Buffers.Binary;

namespace Tintype.DiskFormats.Qcow2;

/// <summary>
/// The fixed header of a qcow2 file, big-endian (QEMU's docs/interop/qcow2):
/// <code>
///   0 magic "QFI\xfb"            24 size of the disk          56 refcount table clusters   80 compatible features
///   4 version 2 or 3             32 encryption method         60 number of snapshots       88 autoclear features
///   8 offset of the backing name 36 entries of the L1 table   64 offset of snapshots       96 refcount order
///  16 length of the backing name 40 offset of the L1 table    72 incompatible features    100 length of the header
///  20 cluster bits               48 offset of refcount table     (72 and on: version 3 only)
/// </code>
/// </summary>
internal readonly record struct Qcow2Header(
    uint Version, ulong BackingFileOffset, uint ClusterBits, ulong Size, uint CryptMethod, uint L1Entries, ulong L1Offset,
    ulong RefcountTableOffset, uint RefcountTableClusters, uint Snapshots, ulong SnapshotsOffset, ulong IncompatibleFeatures,
    uint RefcountOrder, uint HeaderLength)
{
    public const uint Magic = 0x514649FB;

    /// <summary>Bytes of a version 2 header; version 3 defines up to <see cref="Version3Length"/>.</summary>
    public const int Version2Length = 72;

    public const int Version3Length = 104;

    public static bool HasMagic(ReadOnlySpan<byte> bytes) => bytes.Length >= 4 && BinaryPrimitives.ReadUInt32BigEndian(bytes) == Magic;

    /// <param name="bytes">At least <see cref="Version2Length"/>, and for version 3 <see cref="Version3Length"/>; zeros are read for what is missing.</param>
    public static Qcow2Header Parse(ReadOnlySpan<byte> bytes)
    {
        Span<byte> header = stackalloc byte[Version3Length];
        header.Clear();
        bytes[..Math.Min(bytes.Length, header.Length)].CopyTo(header);
        var version = UInt32(header, 4);
        // Version 2 ends at 72: what follows there is not a field.
        if (version < 3)
            header[Version2Length..].Clear();
        return new Qcow2Header(version, UInt64(header, 8), UInt32(header, 20), UInt64(header, 24), UInt32(header, 32), UInt32(header, 36),
            UInt64(header, 40), UInt64(header, 48), UInt32(header, 56), UInt32(header, 60), UInt64(header, 64), UInt64(header, 72),
            version < 3 ? 4 : UInt32(header, 96), version < 3 ? Version2Length : UInt32(header, 100));
    }

    /// <summary>Writes a version 3 header over the first <see cref="Version3Length"/> bytes.</summary>
    public void WriteTo(Span<byte> bytes)
    {
        bytes[..Version3Length].Clear();
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], Version);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], BackingFileOffset);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[20..], ClusterBits);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], Size);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[32..], CryptMethod);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[36..], L1Entries);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[40..], L1Offset);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[48..], RefcountTableOffset);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[56..], RefcountTableClusters);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[60..], Snapshots);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[64..], SnapshotsOffset);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[72..], IncompatibleFeatures);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[96..], RefcountOrder);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[100..], HeaderLength);
    }

    private static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);

    private static ulong UInt64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64BigEndian(bytes[at..]);
}
