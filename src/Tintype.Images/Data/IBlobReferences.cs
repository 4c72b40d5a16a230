using Tintype.Platform.Database;
using Tintype.Storage;

namespace Tintype.Images.Data;

/// <summary>What keeps a blob from being collected, beside the image it belongs to.</summary>
/// <param name="Kind">server, task, checkpoint, base.</param>
public sealed record BlobHolder(string Kind, Guid Id);

/// <summary>An image's data, held for a holder: a <see cref="HeldFile"/> or a <see cref="HeldDisk"/>.</summary>
/// <param name="DiskFormat">The format it is in where it is read, to be passed explicitly to whatever opens it.</param>
/// <param name="VirtualSize">Bytes of the disk inside.</param>
public abstract record HeldBlob(Guid BlobId, string DiskFormat, long VirtualSize);

/// <param name="Path">The file that QEMU may open read-only.</param>
public sealed record HeldFile(Guid BlobId, string Path, string DiskFormat, long VirtualSize) : HeldBlob(BlobId, DiskFormat, VirtualSize);

/// <summary>No file, but in a store of disks: read by <see cref="IBlobReferences.OpenDiskAsync"/>.</summary>
public sealed record HeldDisk(Guid BlobId, string DiskFormat, long VirtualSize) : HeldBlob(BlobId, DiskFormat, VirtualSize);

/// <summary>
/// References to blobs: a server's disk lies on its image's data, which must outlive the image. The collector removes a blob
/// when neither an image nor a holder refers to it.
/// </summary>
public interface IBlobReferences
{
    /// <summary>
    /// Makes the holder refer to the active image's data, durably. Null if the image has no data (deleted meanwhile, not active).
    /// Idempotent.
    /// </summary>
    Task<HeldBlob?> HoldAsync(Guid imageId, BlobHolder holder, CancellationToken ct);

    /// <summary>The blob that the holder refers to, or null.</summary>
    Task<HeldBlob?> FindAsync(BlobHolder holder, CancellationToken ct);

    /// <summary>The id of the blob that the holder refers to, wherever it lies; null if it refers to none.</summary>
    Task<Guid?> FindIdAsync(BlobHolder holder, CancellationToken ct);

    /// <summary>Makes the holder refer to the blob, and give up another, in the caller's transaction.</summary>
    Task HoldBlobAsync(WriteScope scope, Guid blobId, BlobHolder holder);

    /// <summary>Opens the content of a held blob that is in a store of disks.</summary>
    /// <exception cref="IOException">It is in none, or cannot be read.</exception>
    Task<IStoredDisk> OpenDiskAsync(Guid blobId, CancellationToken ct);

    /// <summary>Gives the reference up, in the caller's transaction. No error if there is none.</summary>
    Task ReleaseAsync(WriteScope scope, BlobHolder holder);
}
