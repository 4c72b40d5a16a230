namespace Tintype.Storage.Local;

/// <summary>
/// Writes <c>{id}.part</c> and renames it:
/// <code>
/// create ─► write… ─► length right? ─► fsync(data) ─► rename ─► fsync(directory)
/// </code>
/// A crash before the rename is durable leaves a <c>.part</c>, after it a blob that no row names; the collector removes both.
/// </summary>
internal sealed class LocalBlobWriter : IBlobWriter, ISparseWritable
{
    private readonly string _store;
    private readonly string _directory;
    private readonly string _path;
    private readonly FileStream _file;
    private readonly SparseFile _data;
    private bool _committed;

    private LocalBlobWriter(string store, string directory, string path, FileStream file)
    {
        _store = store;
        _directory = directory;
        _path = path;
        _file = file;
        _data = new SparseFile(file.SafeFileHandle, store);
    }

    private string UnfinishedPath => _path + LocalStore.UnfinishedSuffix;

    public long Length => _data.Length;

    public static LocalBlobWriter Create(string store, string directory, string path)
    {
        try
        {
            var file = new FileStream(path + LocalStore.UnfinishedSuffix, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.Read,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            return new LocalBlobWriter(store, directory, path, file);
        }
        catch (IOException full) when (SparseFile.IsFull(full))
        {
            throw new StorageFullException(store, full);
        }
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct) => _data.WriteAsync(bytes, ct);

    public ValueTask WriteZerosAsync(long length, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ct.ThrowIfCancellationRequested();
        _data.SkipZeros(length);
        return ValueTask.CompletedTask;
    }

    public Task CommitAsync(CancellationToken ct) => Task.Run(() =>
    {
        ct.ThrowIfCancellationRequested();
        if (_committed)
            throw new InvalidOperationException($"{_path} is committed already.");
        try
        {
            _data.Finish(UnfinishedPath);
            // overwrite: a plain rename(2); CreateAsync has made sure that nothing is there.
            File.Move(UnfinishedPath, _path, overwrite: true);
            _committed = true;
            // Otherwise a power cut can undo the rename after the upload was acknowledged.
            Kernel.SyncDirectory(_directory);
        }
        catch (IOException full) when (SparseFile.IsFull(full))
        {
            throw new StorageFullException(_store, full);
        }
    }, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync();
        if (!_committed)
            File.Delete(UnfinishedPath);
    }
}
