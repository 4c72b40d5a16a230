using Tintype.Images.Policies;
using Tintype.Images.Quotas;
using Tintype.Images.Signatures;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Records;

/// <summary>What is known of an image's data once it is durable.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="VirtualSize">Bytes of the disk inside; null when the format does not say.</param>
/// <param name="Checksum">MD5, hexadecimal; null, as the hash, if a task is yet to find out.</param>
internal sealed record ImageDataFacts(Guid BlobId, long Size, long? VirtualSize, string? Checksum, ImageHash? Hash)
{
    /// <summary>The formats that the data has, where they are not what the image says; null to keep the image's.</summary>
    public string? DiskFormat { get; init; }

    public string? ContainerFormat { get; init; }

    /// <summary>The signature that the data has been found to have; null if none was looked for.</summary>
    public SignatureClaim? Verified { get; init; }
}

/// <summary>
/// The way of an image from record to data and back, for those who bring and fetch data.
/// <code>
/// queued ──BeginSaving──► saving ──Activate────────────────► active
///    │ ▲                     │                                  ▲
///    │ └──ReturnToQueued─────┴────────┐  whatever failed        │
///    ├──BeginStaging──► uploading ────┼──► importing ──Activate─┤
///    └──BeginResumable─► uploading ───┴──Activate───────────────┘
/// </code>
/// </summary>
internal sealed class ImageLifecycle(ImageRepository images, ImageRules rules, ImagePolicies policies, ImageQuotas quotas, MetadataDatabase database)
{
    /// <summary>The image, if the caller may do <paramref name="action"/> to it.</summary>
    /// <exception cref="Fault">404 when the caller must not know of it, 403 when the action is not theirs.</exception>
    public async Task<ImageRecord> FindForAsync(ImageAction action, Guid id, Caller caller, CancellationToken ct) =>
        Judge(action, id, await images.FindSeenByAsync(id, caller.ProjectId, ct), caller);

    /// <summary>The same within a write.</summary>
    public async Task<ImageRecord> FindForAsync(WriteScope scope, ImageAction action, Guid id, Caller caller) =>
        Judge(action, id, await images.FindSeenByAsync(scope, id, caller.ProjectId), caller);

    /// <summary>The image, if the caller may replace its data; whether its state allows it, <see cref="BeginSavingAsync(Guid, long?, CancellationToken)"/> says.</summary>
    public Task<ImageRecord> FindForUploadAsync(Guid id, Caller caller, CancellationToken ct) =>
        FindForAsync(ImageAction.Upload, id, caller, ct);

    /// <summary>The image, if the caller may read its data. It may be one that has none.</summary>
    public async Task<ImageRecord> FindForDownloadAsync(Guid id, Caller caller, CancellationToken ct)
    {
        var image = await FindForAsync(ImageAction.Show, id, caller, ct);
        if (image.Status == ImageStatus.Deactivated && !policies.IsAdmin(caller))
            throw Fault.Deactivated();
        return await FindForAsync(ImageAction.Download, id, caller, ct);
    }

    /// <param name="promisedSize">Bytes that will come; null if it has not been said.</param>
    /// <exception cref="Fault">404 gone; 409 not queued; 400 a format is not set; 413 the owner's quota has no room.</exception>
    public Task<ImageRecord> BeginSavingAsync(Guid id, long? promisedSize, CancellationToken ct) => BeginSavingAsync(id, null, null, promisedSize, ct);

    /// <summary>Sets the formats first, where they are given.</summary>
    public Task<ImageRecord> BeginSavingAsync(Guid id, string? diskFormat, string? containerFormat, long? promisedSize, CancellationToken ct) =>
        database.WriteAsync(scope => BeginAsync(scope, id, ImageStatus.Saving, diskFormat, containerFormat, promisedSize), ct);

    /// <summary>Data will come in pieces, over hours perhaps: the image is <c>uploading</c> meanwhile, as with data that is staged.</summary>
    /// <exception cref="Fault">404 gone; 409 not queued; 400 a format is not set; 413 the owner's quota has no room.</exception>
    public Task<ImageRecord> BeginResumableAsync(WriteScope scope, Guid id, long length) => BeginAsync(scope, id, ImageStatus.Uploading, null, null, length);

    private async Task<ImageRecord> BeginAsync(WriteScope scope, Guid id, ImageStatus status, string? diskFormat, string? containerFormat, long? promisedSize)
    {
        var image = await images.FindAsync(scope, id) ?? throw Fault.ImageNotFound(id);
        Check(image.Status, status);
        image = image with { DiskFormat = diskFormat ?? image.DiskFormat, ContainerFormat = containerFormat ?? image.ContainerFormat };
        RequireFormats(image);
        var begun = await images.SaveAsync(scope, image with { Status = status });
        await quotas.BeginAsync(scope, QuotaKind.Store, begun, promisedSize);
        return begun;
    }

    /// <param name="promisedSize">Bytes that will come; null if it has not been said.</param>
    /// <exception cref="Fault">404 gone; 409 not queued; 413 the owner's quota has no room.</exception>
    public Task<ImageRecord> BeginStagingAsync(Guid id, long? promisedSize, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var image = await images.FindAsync(scope, id) ?? throw Fault.ImageNotFound(id);
        Check(image.Status, ImageStatus.Uploading);
        var uploading = await images.SaveAsync(scope, image with { Status = ImageStatus.Uploading });
        await quotas.BeginAsync(scope, QuotaKind.Staging, uploading, promisedSize);
        return uploading;
    }, ct);

    /// <summary>Notes the size of what is staged.</summary>
    /// <exception cref="Fault">410: the image was deleted meanwhile.</exception>
    public async Task NoteStagedAsync(WriteScope scope, Guid id, long size)
    {
        if (await images.FindAsync(scope, id) is not { Status: ImageStatus.Uploading or ImageStatus.Importing } image)
            throw Fault.ImageGoneDuringUpload(id);
        await images.SaveAsync(scope, image with { Size = size });
    }

    /// <summary>Makes the image active, in the transaction that makes its blob the database's.</summary>
    /// <param name="properties">Set (or, where null, removed) together with it.</param>
    /// <exception cref="Fault">410: the image was deleted, or given back to the queue, meanwhile; the data is nobody's; 409: it is signed otherwise now.</exception>
    public async Task<ImageRecord> ActivateAsync(
        WriteScope scope, Guid id, ImageDataFacts data, IReadOnlyDictionary<string, string?> properties)
    {
        if (await images.FindAsync(scope, id) is not { Status: ImageStatus.Saving or ImageStatus.Uploading or ImageStatus.Importing } image)
            throw Fault.ImageGoneDuringUpload(id);
        // Judged by other properties than the image has now, the data has not been judged.
        if (SignatureClaim.Of(image.Properties) != data.Verified)
            throw Fault.SignatureChanged(id);
        await quotas.SettleAsync(scope, image, data);
        return await images.SaveAsync(scope, image with
        {
            Status = ImageStatus.Active,
            DiskFormat = data.DiskFormat ?? image.DiskFormat,
            ContainerFormat = data.ContainerFormat ?? image.ContainerFormat,
            BlobId = data.BlobId,
            Size = data.Size,
            VirtualSize = data.VirtualSize,
            Checksum = data.Checksum,
            Hash = data.Hash,
            Properties = image.Properties.With(properties),
        });
    }

    /// <summary>After a failed upload the image can be tried again. No error if it has gone or is not being saved.</summary>
    public Task ReturnToQueuedAsync(Guid id, CancellationToken ct) => database.WriteAsync(scope => ReturnToQueuedAsync(scope, id), ct);

    public async Task ReturnToQueuedAsync(WriteScope scope, Guid id)
    {
        if (await images.FindAsync(scope, id) is { Status: ImageStatus.Saving or ImageStatus.Uploading or ImageStatus.Importing } image)
            await images.SaveAsync(scope, image with { Status = ImageStatus.Queued, Size = null, VirtualSize = null });
        await quotas.ReleaseAsync(scope, id);
    }

    /// <summary>What an end of the server in the middle of an upload has left; none of them is being uploaded before the server answers.</summary>
    public Task<IReadOnlyList<ImageRecord>> ListBrokenOffAsync(CancellationToken ct) => images.ListBrokenOffAsync(ct);

    /// <exception cref="Fault">409.</exception>
    internal static void Check(ImageStatus from, ImageStatus to)
    {
        if (!ImageTransitions.Allows(from, to))
            throw Fault.StatusTransition(from, to);
    }

    /// <summary>What data is taken for must be known before there is any.</summary>
    /// <exception cref="Fault">400.</exception>
    internal static void RequireFormats(ImageRecord image)
    {
        string[] missing =
        [
            .. image.DiskFormat is null ? ["disk_format"] : Array.Empty<string>(),
            .. image.ContainerFormat is null ? ["container_format"] : Array.Empty<string>(),
        ];
        if (missing.Length > 0)
            throw Fault.FormatsMissing(missing);
    }

    private ImageRecord Judge(ImageAction action, Guid id, ImageSeen? seen, Caller caller)
    {
        if (seen is null)
            throw Fault.ImageNotFound(action, id.ToString());
        return rules.Decide(action, seen.Image, caller, seen.MemberStatus is not null) switch
        {
            ImageVerdict.Allowed => seen.Image,
            ImageVerdict.Forbidden => throw Fault.NotAuthorized(ImageRules.Name(action)),
            _ => throw Fault.ImageNotFound(action, id.ToString()),
        };
    }
}

internal static class ImagePropertyChanges
{
    /// <summary>The properties with these set, or, where the value is null, removed.</summary>
    public static IReadOnlyDictionary<string, string> With(
        this IReadOnlyDictionary<string, string> properties, IReadOnlyDictionary<string, string?> changes)
    {
        if (changes.Count == 0)
            return properties;
        var changed = new Dictionary<string, string>(properties, StringComparer.Ordinal);
        foreach (var (name, value) in changes)
        {
            if (value is null)
                changed.Remove(name);
            else
                changed[name] = value;
        }

        return changed;
    }
}
