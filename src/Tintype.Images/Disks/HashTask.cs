using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.Images.Data;
using Tintype.Images.Data.Hashing;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Records;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Disks;

/// <summary>
/// Hashes an image that became active before anybody had read it as the file that it is served as. Until then it has no checksum and no hash, as an
/// image has whose location has just been added. After a crash it begins again; if the image has gone, there is nothing to do.
/// </summary>
internal sealed class HashTask(ImageRepository images, BlobIntake intake, StoredDataReading reading, MetadataDatabase database, TimeProvider time,
    IOptions<ImageDataOptions> options, ILogger<HashTask> log) : ITaskHandler
{
    public const string TaskKind = "image_hash";

    private readonly Bandwidth _bandwidth = new(options.Value.HashBytesPerSecond, time);

    public string Kind => TaskKind;

    // It reads all there is, and nobody waits for it.
    public int MaxConcurrency => 1;

    public async Task RunAsync(TaskContext task, CancellationToken ct)
    {
        var blobId = Guid.Parse(task.Task.Payload);
        if (await images.FindAsync(task.Task.SubjectId, ct) is not { Size: { } size, Hash: null } image || image.BlobId != blobId)
            return;
        var started = time.GetTimestamp();
        using var examination = intake.ExamineAgain(known: null);
        task.Step("hashing");
        var found = await reading.RunAsync(blobId, size, examination, task, ct, _bandwidth);
        await database.WriteAsync(scope => KeepAsync(scope, image.Id, blobId, found), CancellationToken.None);
        DisksLog.Hashed(log, image.Id, size, time.GetElapsedTime(started).TotalSeconds);
    }

    public Task<TaskRecovery> RecoverAsync(TaskRecord task, CancellationToken ct) => Task.FromResult(TaskRecovery.Rerun);

    private async Task KeepAsync(WriteScope scope, Guid imageId, Guid blobId, IngestedData found)
    {
        if (await images.FindAsync(scope, imageId) is { } image && image.BlobId == blobId)
            await images.SaveAsync(scope, image with { Checksum = image.Checksum ?? found.Checksum, Hash = image.Hash ?? found.Hash });
    }
}
