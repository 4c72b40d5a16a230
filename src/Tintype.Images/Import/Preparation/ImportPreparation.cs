using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.Images.Data;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Records;
using Tintype.Images.Staging;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Import.Preparation;

/// <summary>
/// What the operator has done to staged data before it becomes an image.
/// <code>
/// staged ─► unpacked (container compressed ─► bare) ─► converted (disk_format ─► the operator's) ─► properties injected
/// </code>
/// Each step that changes the data puts it in place of what was staged, in one transaction with the formats that it now has: a run
/// that was interrupted finds a step either done or not begun, and one that fails leaves the image's own formats as they were.
/// </summary>
internal sealed class ImportPreparation(
    StagingArea area, ImportLifecycle imports, IEnumerable<IImageConversion> conversions, BlobIntake intake,
    MetadataInjection injection, IOptions<PreparationOptions> options, ILogger<ImportPreparation> log)
{
    private const string Packed = "compressed";

    // Containers of other systems, and what has no format to convert from.
    private static readonly string[] _disks = ["raw", "qcow2", "vmdk", "vdi", "vhd", "vhdx"];

    /// <exception cref="Fault">What the data is not, or what there is no room for.</exception>
    public async Task<StagedData> RunAsync(StagedData data, ImportWork work, ITaskProgress progress, CancellationToken ct)
    {
        var image = await imports.FindImportingAsync(data.ImageId, ct);
        if (options.Value.Decompress && data.ContainerFormat == Packed)
            data = await UnpackAsync(image, data, progress, ct);
        if (options.Value.ConvertTo is { } target && data.ContainerFormat == "bare" && data.DiskFormat != target && _disks.Contains(data.DiskFormat))
            data = await ConvertAsync(image, data, target, progress, ct);
        return work.Inject ? data with { Properties = injection.Apply(data.Properties) } : data;
    }

    private IImageConversion Conversion => conversions.SingleOrDefault()
        ?? throw Fault.Unavailable("Images:Import:ConvertTo is set, but this server has no QEMU to convert with.");

    private async Task<StagedData> UnpackAsync(ImageRecord image, StagedData data, ITaskProgress progress, CancellationToken ct)
    {
        progress.Step("unpacking", 0.5);
        await using var packed = await area.OpenAsync(data, ct);
        var head = new byte[Compression.HeadLength];
        var length = await packed.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, ct);
        var name = Compression.Find(head.AsSpan(0, length)) ?? throw Fault.NotPacked(Compression.Names);
        await using var whole = await area.OpenAsync(data, ct);
        try
        {
            await using var bytes = Compression.Open(name, whole);
            // How much it becomes, only its end tells.
            await using var counted = new CountedStream(bytes, null, progress);
            return await ReplaceAsync(image with { DiskFormat = data.DiskFormat, ContainerFormat = "bare" }, data, counted, ct);
        }
        catch (Exception broken) when (broken is not (Fault or OperationCanceledException))
        {
            // Each reader has exceptions of its own for what it cannot unpack; whatever it is, the data is at fault.
            throw new Fault(FaultKind.BadRequest, $"The data cannot be unpacked as {name}: {broken.Message}", broken);
        }
    }

    private async Task<StagedData> ConvertAsync(ImageRecord image, StagedData data, string target, ITaskProgress progress, CancellationToken ct)
    {
        progress.Step("converting", 0.5);
        if (data.Refusal is { } refusal)
            throw Fault.ImageDataRefused(refusal);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(options.Value.ConversionTimeLimit);
        try
        {
            await using var converted = await Conversion.OpenAsync(area.PathOf(data), data.DiskFormat!, target, limit.Token);
            intake.RefuseBeyondCap(converted.Length);
            await using var counted = new CountedStream(converted, converted.Length, progress);
            return await ReplaceAsync(image with { DiskFormat = target, ContainerFormat = data.ContainerFormat }, data, counted, limit.Token);
        }
        catch (OperationCanceledException late) when (!ct.IsCancellationRequested)
        {
            throw new Fault(FaultKind.BadRequest, $"The conversion to {target} took longer than {options.Value.ConversionTimeLimit}, the limit here.", late);
        }
    }

    private async Task<StagedData> ReplaceAsync(ImageRecord changed, StagedData before, Stream bytes, CancellationToken ct)
    {
        var after = await area.TakeAsync(changed, bytes, 0, _ => { }, new StagedExtras { Properties = before.Properties, IsPrepared = true }, ct);
        await area.Blobs.DeleteAsync(before.BlobId, CancellationToken.None);
        ImportLog.Prepared(log, changed.Id, changed.DiskFormat!, before.Size, after.Size);
        return after;
    }
}
