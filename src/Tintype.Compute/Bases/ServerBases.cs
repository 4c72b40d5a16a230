using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.Compute.Guests;
using Tintype.Compute.Servers;
using Tintype.Images.Data;
using Tintype.Images.Disks;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;
using Tintype.Qemu.Disks;

namespace Tintype.Compute.Bases;

/// <summary>
/// The content of the images that servers are made of, as stored disks. An image that is one already is its own; any other, whose bytes are a
/// file of some format, is read once, by QEMU in its confinement, and its content stored beside it as long as it stays.
/// </summary>
internal sealed class ServerBases(IBlobReferences blobs, IDiskImages images, IDiskTools tools, IGuestHost host, CheckpointRepository checkpoints, TaskQueue tasks,
    MetadataDatabase database, TimeProvider time, IOptions<BaseOptions> options, ILogger<ServerBases> log) : IServerBases
{
    private readonly Bandwidth _bandwidth = new(options.Value.BytesPerSecond, time);

    // One reads, whoever else wants the same waits for it. A blob's turn costs some bytes and is kept.
    private readonly ConcurrentDictionary<Guid, SemaphoreSlim> _turns = new();

    /// <summary>What holds the disk that a server's checkpoint is relative to.</summary>
    public static BlobHolder HolderOf(Guid serverId) => new("checkpoint", serverId);

    public async Task<Guid> EnsureAsync(Guid serverId, CancellationToken ct)
    {
        var blobId = await BlobOfAsync(serverId, ct) ?? throw Fault.NoBase(serverId);
        var turn = _turns.GetOrAdd(blobId, _ => new SemaphoreSlim(1));
        await turn.WaitAsync(ct);
        try
        {
            return await images.FindDiskAsync(blobId, ct) ?? await MakeAsync(serverId, ct) ?? throw Fault.NoBase(serverId);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Has the disk made as a task of its own, if it is not there, for the snapshots to come.</summary>
    public async Task QueueAsync(Server server, TaskRecord because, CancellationToken ct)
    {
        if (await BlobOfAsync(server.Id, ct) is { } blobId && await images.FindDiskAsync(blobId, ct) is null)
        {
            // About the image: nothing is done to the server, which is free meanwhile.
            await database.WriteAsync(scope => tasks.EnqueueAsync(scope,
                new NewTask(BaseTask.TaskKind, server.Image.Id, server.ProjectId, because.UserId, because.RequestId, server.Id.ToString())), ct);
        }
    }

    public async Task<ServerCheckpoint?> FindCheckpointAsync(Guid serverId, CancellationToken ct)
    {
        if (await checkpoints.FindBitmapAsync(serverId, ct) is { } bitmap)
            return await blobs.FindIdAsync(HolderOf(serverId), ct) is { } held && await images.FindDiskAsync(held, ct) == held ? new ServerCheckpoint(bitmap, held) : null;
        return await BlobOfAsync(serverId, ct) is { } blobId && await images.FindDiskAsync(blobId, ct) is { } disk
            ? new ServerCheckpoint(CheckpointBitmap.First, disk) : null;
    }

    public async Task SetCheckpointAsync(WriteScope scope, Guid serverId, string bitmap, Guid diskId)
    {
        if (await CheckpointRepository.SetAsync(scope, serverId, bitmap))
            await blobs.HoldBlobAsync(scope, diskId, HolderOf(serverId));
    }

    private Task<Guid?> BlobOfAsync(Guid serverId, CancellationToken ct) => blobs.FindIdAsync(GuestSpecs.HolderOf(serverId), ct);

    private async Task<Guid?> MakeAsync(Guid serverId, CancellationToken ct)
    {
        if (await blobs.FindAsync(GuestSpecs.HolderOf(serverId), ct) is not { } blob)
            return null;
        var started = time.GetTimestamp();
        using var lease = host.LeaseIsolation();
        await using var disk = await tools.OpenAsync([ServerDisk.Base(blob)], lease.Uid, ct);
        await using var made = await images.BeginBaseAsync(blob.BlobId, disk.Length, ct);
        var read = await DiskCopy.RunAsync(disk, made.Disk, _bandwidth, (_, _) => Task.CompletedTask, ct);
        if (await made.CommitAsync(ct) is not { } id)
            return null;
        BasesLog.Made(log, blob.BlobId, read, disk.Length, made.Disk.Added, time.GetElapsedTime(started).TotalSeconds);
        return id;
    }
}

internal static class BaseFaults
{
    extension(Fault)
    {
        public static Fault NoBase(Guid serverId) => Fault.Conflict($"Instance {serverId} has no disk: its image's data are not held.");
    }
}
