using Microsoft.Extensions.Options;
using Tintype.Images.Records;
using Tintype.Platform.Database;
using Tintype.Platform.Http;

namespace Tintype.Images.Quotas;

/// <summary>
/// Keeps projects within their quotas, also when several requests race: writes come one after the other, and what one has been
/// promised counts for the next.
/// <code>
/// begin (with the image's change of state): reserve what is announced ─► bytes come: reserve more before they are written
///    ─► settle (with the image becoming active): the reservation becomes usage
///    └► release (with the image going back to the queue), or start-up after a crash
/// </code>
/// </summary>
internal sealed class ImageQuotas(QuotaRepository reservations, MetadataDatabase database, IOptions<QuotaOptions> options)
{
    private const long Mebibyte = 1024 * 1024;

    public bool AreOn => options.Value.AreOn;

    /// <summary>One more image for the project. To be called in the transaction that makes it, before it is there.</summary>
    /// <exception cref="Fault">413.</exception>
    public async Task AdmitImageAsync(WriteScope scope, string project)
    {
        if (Limit(options.Value.Of(project).CountTotal) is not { } limit)
            return;
        var images = await reservations.CountImagesAsync(scope, project);
        if (images + 1 > limit)
            throw Fault.ImageCountExceeded(project, limit, images);
    }

    /// <summary>Data is about to come. To be called in the transaction in which the image's state says so, once it does.</summary>
    /// <param name="promised">Bytes; null if nobody has said how many.</param>
    /// <exception cref="Fault">413.</exception>
    public async Task BeginAsync(WriteScope scope, QuotaKind kind, ImageRecord image, long? promised)
    {
        await AdmitUploadAsync(scope, image);
        await ReserveAsync(scope, kind, image, promised ?? 0);
    }

    /// <summary>One more image whose data comes. To be called in the transaction in which the image's state says so, once it does.</summary>
    /// <exception cref="Fault">413.</exception>
    public async Task AdmitUploadAsync(WriteScope scope, ImageRecord image)
    {
        if (Limit(options.Value.Of(image.Owner).CountUploading) is not { } limit)
            return;
        var uploading = await reservations.CountUploadingAsync(scope, image.Owner);
        if (uploading > limit)
            throw Fault.UploadCountExceeded(image.Owner, limit, uploading - 1);
    }

    /// <summary>So many more bytes of the image that come at once, by lying elsewhere. To be called before they are there, in the transaction that has them.</summary>
    /// <exception cref="Fault">413.</exception>
    public async Task AdmitBytesAsync(WriteScope scope, ImageRecord image, long bytes)
    {
        if (Bytes(options.Value.Of(image.Owner), QuotaKind.Store) is not { } limit)
            return;
        var used = await reservations.BytesAsync(scope, QuotaKind.Store, image.Owner);
        if (used + bytes > limit)
            throw Fault.ImageBytesExceeded(QuotaKind.Store, image.Owner, limit, used, bytes);
    }

    /// <summary>Room for so many bytes of the image, in place of what was reserved for it.</summary>
    /// <exception cref="Fault">413.</exception>
    public Task ReserveAsync(QuotaKind kind, ImageRecord image, long bytes, CancellationToken ct) =>
        Bytes(options.Value.Of(image.Owner), kind) is null ? Task.CompletedTask : database.WriteAsync(scope => ReserveAsync(scope, kind, image, bytes), ct);

    /// <summary>The data as it comes, each byte reserved before whoever reads it has it; the data itself where nothing is limited.</summary>
    /// <param name="reserved">Bytes that <see cref="BeginAsync"/> has reserved.</param>
    public Stream Meter(QuotaKind kind, ImageRecord image, Stream data, long reserved) => Bytes(options.Value.Of(image.Owner), kind) is null
        ? data
        : new MeteredStream(data, reserved, (total, ct) => GrowAsync(kind, image, total, ct));

    /// <summary>
    /// The data has come and becomes the image's. To be called in that transaction, when its copies have their rows but the image does
    /// not name them yet.
    /// </summary>
    /// <exception cref="Fault">413: more than was reserved, and more than is left.</exception>
    public async Task SettleAsync(WriteScope scope, ImageRecord image, ImageDataFacts data)
    {
        if (!AreOn)
            return;
        var bytes = data.Size * await reservations.CountCopiesAsync(scope, data.BlobId);
        if (Bytes(options.Value.Of(image.Owner), QuotaKind.Store) is { } limit && bytes > await reservations.FindAsync(scope, image.Id, QuotaKind.Store))
        {
            var others = await OthersAsync(scope, QuotaKind.Store, image);
            if (others + bytes > limit)
                throw Fault.ImageBytesExceeded(QuotaKind.Store, image.Owner, limit, others, bytes);
        }

        await reservations.RemoveAsync(scope, image.Id);
    }

    /// <summary>The data that was staged has its own row now.</summary>
    public async Task SettleStagedAsync(WriteScope scope, Guid image)
    {
        if (AreOn)
            await reservations.RemoveAsync(scope, image, QuotaKind.Staging);
    }

    /// <summary>Nothing comes any more.</summary>
    public async Task ReleaseAsync(WriteScope scope, Guid image)
    {
        if (AreOn)
            await reservations.RemoveAsync(scope, image);
    }

    public Task ReleaseAsync(Guid image, CancellationToken ct) =>
        AreOn ? database.WriteAsync(scope => ReleaseAsync(scope, image), ct) : Task.CompletedTask;

    /// <summary>By OpenStack's names; limits of -1 are none. Empty when nothing is limited.</summary>
    public async Task<IReadOnlyDictionary<string, (long Usage, long Limit)>> UsageAsync(string project, CancellationToken ct)
    {
        if (!AreOn)
            return new Dictionary<string, (long Usage, long Limit)>();
        var usage = await reservations.UsageAsync(project, ct);
        var limits = options.Value.Of(project);
        static long Shown(long? limit) => limit ?? QuotaLimits.Unlimited;
        return new Dictionary<string, (long Usage, long Limit)>
        {
            [QuotaLimits.SizeTotalName] = (usage.StoredBytes / Mebibyte, Shown(limits.SizeTotal)),
            [QuotaLimits.StageTotalName] = (usage.StagedBytes / Mebibyte, Shown(limits.StageTotal)),
            [QuotaLimits.CountTotalName] = (usage.Images, Shown(limits.CountTotal)),
            [QuotaLimits.CountUploadingName] = (usage.Uploading, Shown(limits.CountUploading)),
        };
    }

    private async Task ReserveAsync(WriteScope scope, QuotaKind kind, ImageRecord image, long bytes)
    {
        if (Bytes(options.Value.Of(image.Owner), kind) is not { } limit)
            return;
        var others = await OthersAsync(scope, kind, image);
        if (others + bytes > limit)
            throw Fault.ImageBytesExceeded(kind, image.Owner, limit, others, bytes);
        await reservations.SetAsync(scope, image.Id, image.Owner, kind, bytes);
    }

    /// <summary>Reserves room for all that has come, and for some more if there is any.</summary>
    /// <returns>What is reserved now.</returns>
    private Task<long> GrowAsync(QuotaKind kind, ImageRecord image, long total, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var limit = Bytes(options.Value.Of(image.Owner), kind)!.Value;
        var others = await OthersAsync(scope, kind, image);
        if (others + total > limit)
            throw Fault.ImageBytesExceeded(kind, image.Owner, limit, others, total);
        var reserved = total + Step(limit - others - total);
        await reservations.SetAsync(scope, image.Id, image.Owner, kind, reserved);
        return reserved;
    }, ct);

    /// <summary>
    /// Each step is a durable write, so they are large; but what one upload has reserved without need is refused to another, so they
    /// become small where little is left.
    /// </summary>
    internal static long Step(long left) => Math.Min(left, Math.Clamp(left / 16, Mebibyte, 64 * Mebibyte));

    /// <summary>What the project has already, and what others have been promised.</summary>
    private async Task<long> OthersAsync(WriteScope scope, QuotaKind kind, ImageRecord image) =>
        await reservations.BytesAsync(scope, kind, image.Owner) - await reservations.FindAsync(scope, image.Id, kind);

    private static long? Bytes(QuotaLimits limits, QuotaKind kind) => Limit(kind == QuotaKind.Store ? limits.SizeTotal : limits.StageTotal) * Mebibyte;

    private static long? Limit(long? limit) => limit == QuotaLimits.Unlimited ? null : limit;
}
