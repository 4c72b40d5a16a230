using Tintype.Images.Records;
using Tintype.Platform.Database;
using Tintype.Storage;

namespace Tintype.Images.Disks;

/// <summary>Disks that the system itself reads, kept by their content in the store for disks.</summary>
public interface IDiskImages
{
    /// <summary>Begins the data of an image that is queued; it is <c>saving</c> then.</summary>
    /// <param name="diskFormat">raw or qcow2: what the disk is served as.</param>
    /// <param name="length">Bytes of the disk.</param>
    /// <param name="basis">A stored disk that parts are taken over from; null for none.</param>
    /// <exception cref="Platform.Http.Fault">410 or 409: the image has gone or is not queued; 413: there is no room.</exception>
    Task<IImageDisk> BeginAsync(Guid imageId, string diskFormat, long length, Guid? basis, CancellationToken ct);

    /// <summary>
    /// The stored disk that has the content of the blob: the blob itself, or the one that was made of it by <see cref="BeginBaseAsync"/>; null if there is none.
    /// </summary>
    Task<Guid?> FindDiskAsync(Guid blobId, CancellationToken ct);

    /// <summary>Begins the stored disk with the content of a blob that is none itself. It stays as long as the blob does.</summary>
    Task<IBaseDisk> BeginBaseAsync(Guid blobId, long length, CancellationToken ct);
}

/// <summary>The data of an image on its way. Disposed before it is active, the image is queued again and nothing of it stays.</summary>
public interface IImageDisk : IAsyncDisposable
{
    IDiskWriter Disk { get; }

    /// <summary>Makes the disk durable and the image active. The hashes of the whole file follow, as a task that is queued in the same transaction.</summary>
    /// <param name="properties">Set together with the activation; null values remove.</param>
    /// <param name="alongside">Writes what is to be true exactly if the image is active; it is given the blob's id.</param>
    Task<ImageRecord> ActivateAsync(IReadOnlyDictionary<string, string?> properties, TaskOrigin origin, Func<WriteScope, Guid, Task> alongside, CancellationToken ct);
}

/// <summary>On whose behalf a task is queued.</summary>
public sealed record TaskOrigin(string ProjectId, string UserId, string RequestId);

/// <summary>A stored disk on its way. Disposed before it is committed, nothing of it stays.</summary>
public interface IBaseDisk : IAsyncDisposable
{
    IDiskWriter Disk { get; }

    /// <returns>The disk's id; null if the blob has gone meanwhile.</returns>
    Task<Guid?> CommitAsync(CancellationToken ct);
}
