using Tintype.Platform.Database;

namespace Tintype.Images.Data;

/// <summary>What keeps a blob from being collected, beside the image it belongs to.</summary>
/// <param name="Kind">server, task.</param>
public sealed record BlobHolder(string Kind, Guid Id);

/// <summary>An image's data, held for a holder.</summary>
/// <param name="Path">The file that QEMU may open read-only.</param>
/// <param name="DiskFormat">The format it is in, to be passed explicitly to whatever opens it.</param>
/// <param name="VirtualSize">Bytes of the disk inside.</param>
public sealed record HeldBlob(Guid BlobId, string Path, string DiskFormat, long VirtualSize);

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

    /// <summary>Gives the reference up, in the caller's transaction. No error if there is none.</summary>
    Task ReleaseAsync(WriteScope scope, BlobHolder holder);
}
