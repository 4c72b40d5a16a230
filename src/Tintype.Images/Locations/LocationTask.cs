using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.Images.Data.Hashing;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Records;
using Tintype.Images.Signatures;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Locations;

/// <summary>What reading has told of the data under a location.</summary>
/// <param name="Verified">The signature that it has; null if none was looked for.</param>
/// <param name="Hash">By the algorithm that the sender has used, or else the operator's.</param>
internal sealed record LocationData(string Checksum, ImageHash Hash, long? VirtualSize, SignatureClaim? Verified);

/// <summary>Carries out what <see cref="LocationImports"/> begins. After a crash it begins again: a location is placed once.</summary>
internal sealed class LocationTask(
    LocationImports imports, LocationProbe probe, StoredDataReading reading, BlobIntake intake, ImageSignatures signatures, IOptions<LocationOptions> options, ILogger<LocationTask> log) : ITaskHandler
{
    // As Glance's http_retries: other people's servers fail for a moment.
    private const int Attempts = 3;

    public string Kind => LocationWork.Kind;

    public int MaxConcurrency => 2;

    public string? UncancellableBecause => null;

    public async Task RunAsync(TaskContext task, CancellationToken ct)
    {
        var work = LocationWork.Of(task.Task);
        try
        {
            task.Step("measuring", 0);
            var image = await imports.PlaceAsync(task.Task, work, await probe.MeasureAsync(work.Url, ct));
            var found = options.Value.DoSecureHash || image.Status == ImageStatus.Importing ? await TryReadAsync(image, work, task, ct) : null;
            if (found is not null && work.HashValue is { } said && !said.Equals(found.Hash.Value, StringComparison.OrdinalIgnoreCase))
                throw Fault.BadRequest($"os_hash_value: ({said}) not matched with actual os_hash_value: ({found.Hash.Value})");
            await imports.CompleteAsync(task.Task, found);
        }
        catch (Exception failed) when (!(failed is OperationCanceledException && ct.IsCancellationRequested))
        {
            await imports.FailAsync(task.Task);
            throw;
        }
    }

    public Task<TaskRecovery> RecoverAsync(TaskRecord task, CancellationToken ct) => Task.FromResult(TaskRecovery.Rerun);

    // Of an image that is active already, the location stays and the hash is left out.
    public async Task<bool> TryUndoAsync(TaskRecord task, string reason) => await imports.FailAsync(task) || !await imports.IsDoneAsync(task);

    /// <summary>Null if the data cannot be read and the image, of which nobody has said anything, is active without its hash.</summary>
    private async Task<LocationData?> TryReadAsync(ImageRecord image, LocationWork work, TaskContext progress, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                progress.Step("hashing");
                return await ReadAsync(image, work, progress, ct);
            }
            catch (IOException failed) when (attempt < Attempts)
            {
                LocationLog.ReadFailed(log, failed, image.Id, attempt);
            }
            catch (IOException failed) when (image.Status != ImageStatus.Importing)
            {
                LocationLog.Unhashed(log, failed, image.Id);
                return null;
            }
            catch (IOException failed)
            {
                throw Fault.InvalidLocation($"Hash calculation failed for image {image.Id} data: {failed.Message}", failed);
            }
        }
    }

    private async Task<LocationData> ReadAsync(ImageRecord image, LocationWork work, TaskContext progress, CancellationToken ct)
    {
        // What is active already waits for nobody's verdict.
        var signature = image.Status == ImageStatus.Importing ? await signatures.PrepareAsync(image, ct) : null;
        using var examination = intake.Examine(image, kept: work.HashAlgorithm is { } said ? HashKind.Get(said) : null);
        // Data that is not what it is called still gives its bytes to who wants them; a copy of our own, to boot from, is refused.
        var found = await reading.RunAsync(image.BlobId!.Value, image.Size!.Value, examination, progress, ct);
        signature?.Verify(found.Digests[signature.Hash.Name]);
        return new LocationData(found.Checksum, found.Hash, found.Finding.Refusal is null ? found.Finding.VirtualSize : null, signature?.Claim);
    }
}
