using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Tintype.Qemu.Process;

namespace Tintype.Qemu.Disks;

/// <summary>
/// A new, empty qcow2 of version 3 (docs/interop/qcow2.txt in QEMU), in clusters of 64 KiB:
/// <code>
/// header, extensions, backing file's name │ refcount table │ refcount block │ L1 table │ with a bitmap: directory │ its table
/// </code>
/// It is what <c>qemu-img create</c> and <c>qemu-img bitmap --add</c> make. Each of these takes forty milliseconds of processor time to start, and a server needs three of
/// them; the file needs some hundred bytes.
/// </summary>
internal sealed class NewQcow2
{
    private const int ClusterBits = 16;
    private const int ClusterSize = 1 << ClusterBits;
    private const int HeaderLength = 104;

    /// <summary>Clusters of the disk that one entry of the L1 table stands for: those of an L2 table.</summary>
    private const long Table = ClusterSize / 8;

    /// <summary>What one refcount block counts, in 16 bits each.</summary>
    private const int Counted = ClusterSize / 2;

    private const int LongestName = 1023;

    private const long L1At = 3;

    private const uint EndOfExtensions = 0;
    private const uint BackingFormat = 0xE2792ACA;
    private const uint Bitmaps = 0x23852875;

    // Of a bitmap: it records what is written. Its kind: of what is dirty.
    private const uint Auto = 2;
    private const byte DirtyTracking = 1;

    private readonly DiskLayer? _backing;
    private readonly string? _bitmap;
    private readonly long _size;
    private readonly long _l1Entries;
    private readonly long _bitmapEntries;

    private NewQcow2(DiskLayer? backing, long virtualSize, string? bitmap)
    {
        _backing = backing;
        _bitmap = bitmap;
        // As QEMU does: a disk consists of sectors.
        _size = Pieces(virtualSize, 512) * 512;
        _l1Entries = Pieces(_size, Table * ClusterSize);
        // A bit is a cluster; an entry of the bitmap's table is a cluster of bits.
        _bitmapEntries = bitmap is null ? 0 : Pieces(Pieces(_size, DirtyBitmap.Granularity), ClusterSize * 8L);
    }

    private long L1Clusters => Math.Max(1, Pieces(_l1Entries * 8, ClusterSize));

    private long DirectoryAt => L1At + L1Clusters;

    private long BitmapTableAt => DirectoryAt + 1;

    private long Clusters => DirectoryAt + (_bitmap is null ? 0 : 1 + Math.Max(1, Pieces(_bitmapEntries * 8, ClusterSize)));

    /// <param name="backing">Named in the header, not opened; null for none.</param>
    /// <param name="bitmap">The name of a persistent dirty bitmap that records from now on; null for none.</param>
    /// <exception cref="DiskToolException">It cannot be written, or a header has no room for the backing file's name.</exception>
    public static async Task WriteAsync(string path, DiskLayer? backing, long virtualSize, string? bitmap, CancellationToken ct)
    {
        var image = new NewQcow2(backing, virtualSize, bitmap);
        try
        {
            await using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            await image.WriteAsync(file, ct);
            file.Flush(flushToDisk: true);
        }
        catch (IOException failed)
        {
            throw new DiskToolException($"The disk {path} could not be made: {failed.Message}", failed);
        }
    }

    private async Task WriteAsync(FileStream file, CancellationToken ct)
    {
        // Tables that name nothing are holes.
        file.SetLength(Clusters * ClusterSize);
        await PutAsync(file, 0, Header(), ct);
        await PutAsync(file, 1, Number((long)2 * ClusterSize), ct);
        await PutAsync(file, 2, Refcounts(), ct);
        if (_bitmap is not null)
            await PutAsync(file, DirectoryAt, Directory(_bitmap), ct);
    }

    private byte[] Header()
    {
        var name = Encoding.UTF8.GetBytes(_backing?.Path ?? "");
        if (name.Length > LongestName)
            throw new DiskToolException($"The path of the image's data, {_backing!.Path}, has {name.Length} bytes; a disk over it can name {LongestName} at the most.");
        var header = new MemoryStream();
        header.Write([(byte)'Q', (byte)'F', (byte)'I', 0xfb]);
        Write(header, 3u);
        var namePlace = header.Position;
        Write(header, 0L);
        Write(header, (uint)name.Length);
        Write(header, (uint)ClusterBits);
        Write(header, _size);
        // Not encrypted.
        Write(header, 0u);
        Write(header, (uint)_l1Entries);
        Write(header, L1At * ClusterSize);
        Write(header, (long)ClusterSize);
        Write(header, 1u);
        // No snapshots, no features that others must know; of those that they may ignore: the bitmaps are what they say.
        Write(header, 0u);
        Write(header, 0L);
        Write(header, 0L);
        Write(header, 0L);
        Write(header, _bitmap is null ? 0L : 1L);
        Write(header, (uint)BitOperations.Log2(16));
        Write(header, (uint)HeaderLength);
        if (_backing is not null)
            WriteExtension(header, BackingFormat, Encoding.ASCII.GetBytes(_backing.Format));
        if (_bitmap is not null)
            WriteExtension(header, Bitmaps, [.. Number(1u), .. Number(0u), .. Number((long)Directory(_bitmap).Length), .. Number(DirectoryAt * ClusterSize)]);
        WriteExtension(header, EndOfExtensions, []);
        if (_backing is not null)
        {
            var place = header.Position;
            header.Write(name);
            header.Position = namePlace;
            Write(header, place);
        }

        return header.ToArray();
    }

    // Each cluster that there is, once.
    private byte[] Refcounts()
    {
        if (Clusters > Counted)
            throw new DiskToolException($"A disk of {_size} bytes is larger than any that is made here.");
        var block = new byte[Clusters * 2];
        for (var i = 0; i < Clusters; i++)
            block[(i * 2) + 1] = 1;
        return block;
    }

    private byte[] Directory(string bitmap)
    {
        var name = Encoding.UTF8.GetBytes(bitmap);
        byte[] entry =
        [
            .. Number(BitmapTableAt * ClusterSize), .. Number((uint)_bitmapEntries), .. Number(Auto), DirtyTracking, (byte)BitOperations.Log2(DirtyBitmap.Granularity),
            (byte)(name.Length >> 8), (byte)name.Length, .. Number(0u), .. name,
        ];
        return Padded(entry);
    }

    private static void WriteExtension(MemoryStream header, uint type, byte[] data)
    {
        Write(header, type);
        Write(header, (uint)data.Length);
        header.Write(Padded(data));
    }

    private static async Task PutAsync(FileStream file, long cluster, byte[] content, CancellationToken ct)
    {
        file.Position = cluster * ClusterSize;
        await file.WriteAsync(content, ct);
    }

    private static byte[] Padded(byte[] data)
    {
        var padded = new byte[(data.Length + 7) / 8 * 8];
        data.CopyTo(padded, 0);
        return padded;
    }

    private static void Write(MemoryStream to, uint value) => to.Write(Number(value));

    private static void Write(MemoryStream to, long value) => to.Write(Number(value));

    private static byte[] Number(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Number(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }

    private static long Pieces(long length, long size) => (length + size - 1) / size;
}
