namespace Tintype.Qemu.Nbd;

/// <summary>What a reader wants to be told of an export's ranges.</summary>
/// <param name="Zeros">Which ranges are zeros throughout, as far as the server knows.</param>
/// <param name="Depth">In which of the disk's layers a range lies.</param>
/// <param name="Bitmap">The name of a dirty bitmap that the export has; null for none.</param>
public sealed record NbdFacts(bool Zeros = true, bool Depth = false, string? Bitmap = null);

/// <summary>A run of an export of which the same is known throughout.</summary>
/// <param name="IsZero">It reads as zeros. False if nobody asked.</param>
/// <param name="Depth">The layer that it lies in: 1 is the topmost, 0 none. 0 if nobody asked.</param>
/// <param name="IsDirty">The bitmap says that it has been written to. False if no bitmap was asked for.</param>
public readonly record struct NbdExtent(long Offset, long Length, bool IsZero, int Depth, bool IsDirty)
{
    public long End => Offset + Length;

    /// <summary>Whether the two differ in their places alone.</summary>
    public bool IsLike(NbdExtent other) => (IsZero, Depth, IsDirty) == (other.IsZero, other.Depth, other.IsDirty);
}
