using System.Buffers.Binary;

namespace Tintype.DiskFormats.Qcow2;

/// <summary>
/// Reads what a guest sees on the disk in a qcow2 file that stands alone: no backing file, nothing compressed or encrypted, no external
/// data, which is what this program writes. Holds one L2 table; serves one reader at a time.
/// </summary>
public sealed class Qcow2Content
{
    private const ulong OffsetBits = 0x00ff_ffff_ffff_fe00;
    private const ulong CompressedBit = 1UL << 62;
    private const ulong ZeroBit = 1;
    private const int SmallestCluster = 9;
    private const int LargestCluster = 21;

    private readonly DiskReader _file;
    private readonly Qcow2Header _header;
    private readonly byte[] _table;
    private long _tableNumber = -1;
    private bool _tableExists;

    private Qcow2Content(DiskReader file, Qcow2Header header)
    {
        _file = file;
        _header = header;
        _table = new byte[ClusterSize];
    }

    /// <summary>Bytes of the disk.</summary>
    public long Length => (long)_header.Size;

    private int ClusterSize => 1 << (int)_header.ClusterBits;

    private int EntriesPerTable => ClusterSize / sizeof(ulong);

    /// <param name="file">Reads the file; what is asked for beyond its end is an error of its.</param>
    /// <exception cref="InvalidDataException">It is no such file; the sentence says how.</exception>
    public static async Task<Qcow2Content> OpenAsync(DiskReader file, CancellationToken ct)
    {
        var bytes = new byte[Qcow2Header.Version3Length];
        await file(0, bytes, ct);
        if (!Qcow2Header.HasMagic(bytes))
            throw new InvalidDataException("It is no qcow2 file.");
        var header = Qcow2Header.Parse(bytes);
        if (header.Version is not (2 or 3) || header.BackingFileOffset != 0 || header.CryptMethod != 0 || header.IncompatibleFeatures != 0
            || header.ClusterBits is < SmallestCluster or > LargestCluster || header.Size > long.MaxValue)
            throw new InvalidDataException("It is a qcow2 file that does not stand alone, or one of a kind that is not read here.");
        var clusters = (header.Size + (1UL << (int)header.ClusterBits) - 1) >> (int)header.ClusterBits;
        var perTable = 1UL << ((int)header.ClusterBits - 3);
        if (header.L1Entries < (clusters + perTable - 1) / perTable)
            throw new InvalidDataException($"Its table of {header.L1Entries} entries is too short for a disk of {header.Size} bytes.");
        return new Qcow2Content(file, header);
    }

    /// <summary>Fills <paramref name="buffer"/> with the disk's bytes from <paramref name="offset"/>; the range lies within the disk.</summary>
    /// <exception cref="InvalidDataException">The file is not what it was opened as.</exception>
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(buffer.Length, Length - offset);
        while (!buffer.IsEmpty)
        {
            var within = (int)(offset % ClusterSize);
            var piece = buffer[..Math.Min(buffer.Length, ClusterSize - within)];
            var at = await FindAsync(offset / ClusterSize, ct);
            if (at == 0)
                piece.Span.Clear();
            else
                await _file(at + within, piece, ct);
            buffer = buffer[piece.Length..];
            offset += piece.Length;
        }
    }

    /// <returns>Where in the file the cluster lies; 0 if it is zeros.</returns>
    private async ValueTask<long> FindAsync(long cluster, CancellationToken ct)
    {
        await LoadAsync(cluster / EntriesPerTable, ct);
        if (!_tableExists)
            return 0;
        var entry = BinaryPrimitives.ReadUInt64BigEndian(_table.AsSpan((int)(cluster % EntriesPerTable) * sizeof(ulong)));
        if ((entry & CompressedBit) != 0)
            throw new InvalidDataException($"The cluster {cluster} is compressed, which is not read here.");
        return (entry & ZeroBit) != 0 ? 0 : (long)(entry & OffsetBits);
    }

    private async ValueTask LoadAsync(long number, CancellationToken ct)
    {
        if (_tableNumber == number)
            return;
        // Until it is whole, it is none.
        _tableNumber = -1;
        var entry = new byte[sizeof(ulong)];
        await _file((long)_header.L1Offset + (number * sizeof(ulong)), entry, ct);
        var at = (long)(BinaryPrimitives.ReadUInt64BigEndian(entry) & OffsetBits);
        _tableExists = at != 0;
        if (_tableExists)
            await _file(at, _table, ct);
        _tableNumber = number;
    }
}
