namespace Tintype.DiskFormats.Qcow2;

/// <summary>A run of bytes of a disk, as the guest sees it.</summary>
/// <param name="Offset">Bytes from the disk's beginning.</param>
/// <param name="Length">Bytes; more than 0.</param>
/// <param name="IsZero">True if every byte is known to be zero; false if it may hold anything.</param>
public readonly record struct DiskExtent(long Offset, long Length, bool IsZero)
{
    public long End => Offset + Length;
}

/// <summary>Fills <paramref name="buffer"/> with the disk's bytes from <paramref name="offset"/>; the range lies within the disk.</summary>
public delegate ValueTask DiskReader(long offset, Memory<byte> buffer, CancellationToken ct);
