namespace Tintype.Images.Uploads;

/// <summary>An upload that may go on after it broke off.</summary>
/// <param name="Project">Who began it.</param>
/// <param name="Store">Where the data goes once all has come.</param>
/// <param name="Length">Bytes in all.</param>
/// <param name="Offset">Bytes that are durable; all of them only once the image is active.</param>
/// <param name="Metadata">What the client said with the upload, as it was sent.</param>
internal sealed record ResumableUpload(
    Guid Id, Guid ImageId, string Project, string Store, long Length, long Offset, string Metadata, DateTimeOffset ExpiresAt, bool IsCompleted);
