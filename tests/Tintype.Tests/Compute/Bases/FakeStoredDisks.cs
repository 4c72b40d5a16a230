using Tintype.Images.Disks;
using Tintype.Storage;

namespace Tintype.Tests.Compute.Bases;

/// <summary>A store for disks, at first without any.</summary>
internal sealed class FakeStoredDisks : IDiskImages
{
    /// <summary>The disk with the content of a blob, by the blob.</summary>
    public Dictionary<Guid, Guid> Of { get; } = [];

    /// <summary>By the disk.</summary>
    public Dictionary<Guid, byte[]> Contents { get; } = [];

    /// <summary>The blobs that have gone.</summary>
    public HashSet<Guid> Gone { get; } = [];

    /// <summary>Disks that were begun and neither completed nor given up.</summary>
    public int Open { get; private set; }

    /// <summary>How writing fails, once.</summary>
    public Exception? Failure { get; set; }

    public Task<IImageDisk> BeginAsync(Guid imageId, string diskFormat, long length, Guid? basis, CancellationToken ct) => throw new NotSupportedException();

    public Task<Guid?> FindDiskAsync(Guid blobId, CancellationToken ct) =>
        Task.FromResult(Of.TryGetValue(blobId, out var disk) ? disk : Contents.ContainsKey(blobId) ? blobId : (Guid?)null);

    public Task<IBaseDisk> BeginBaseAsync(Guid blobId, long length, CancellationToken ct)
    {
        Open++;
        return Task.FromResult<IBaseDisk>(new Base(this, blobId));
    }

    private sealed class Base(FakeStoredDisks store, Guid blobId) : IBaseDisk, IDiskWriter
    {
        private readonly MemoryStream _content = new();

        public IDiskWriter Disk => this;

        public long Position => _content.Position;

        public long Added => 0;

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
        {
            if (store.Failure is { } failure)
            {
                store.Failure = null;
                throw failure;
            }

            await _content.WriteAsync(bytes, ct);
        }

        public ValueTask WriteZerosAsync(long length, CancellationToken ct) => WriteAsync(new byte[length], ct);

        public ValueTask KeepAsync(long length, CancellationToken ct) => throw new NotSupportedException();

        Task<long> IDiskWriter.CommitAsync(CancellationToken ct) => throw new NotSupportedException();

        Task<Guid?> IBaseDisk.CommitAsync(CancellationToken ct)
        {
            if (store.Gone.Contains(blobId))
                return Task.FromResult<Guid?>(null);
            var disk = store.Of[blobId] = Guid.NewGuid();
            store.Contents[disk] = _content.ToArray();
            return Task.FromResult<Guid?>(disk);
        }

        public ValueTask DisposeAsync()
        {
            store.Open--;
            return ValueTask.CompletedTask;
        }
    }
}
