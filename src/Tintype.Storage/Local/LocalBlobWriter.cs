using Microsoft.Win32.SafeHandles;

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
    /// <summary>Zeros are left out in blocks of this size, at multiples of it: small enough to find them, large enough not to fragment the file.</summary>
    private const int HoleSize = 64 * 1024;

    private readonly string _store;
    private readonly string _directory;
    private readonly string _path;
    private readonly FileStream _file;
    private readonly WriteBehind _writeBehind;
    private long _stored;
    private bool _committed;

    private LocalBlobWriter(string store, string directory, string path, FileStream file)
    {
        _store = store;
        _directory = directory;
        _path = path;
        _file = file;
        _writeBehind = new WriteBehind(file.SafeFileHandle);
    }

    private string UnfinishedPath => _path + LocalStore.UnfinishedSuffix;

    public long Length { get; private set; }

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
        catch (IOException full) when (IsFull(full))
        {
            throw new StorageFullException(store, full);
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                var zeros = LeadingHoles(bytes.Span, Length);
                bytes = bytes[zeros..];
                Length += zeros;
                var data = DataBeforeHole(bytes.Span, Length);
                if (data == 0)
                    continue;
                await RandomAccess.WriteAsync(Handle, bytes[..data], Length, ct);
                bytes = bytes[data..];
                Length += data;
                _stored = Length;
            }

            await _writeBehind.AdvanceAsync(_stored);
        }
        catch (IOException full) when (IsFull(full))
        {
            throw new StorageFullException(_store, full);
        }
    }

    public ValueTask WriteZerosAsync(long length, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ct.ThrowIfCancellationRequested();
        Length += length;
        return ValueTask.CompletedTask;
    }

    public Task CommitAsync(CancellationToken ct) => Task.Run(() =>
    {
        ct.ThrowIfCancellationRequested();
        if (_committed)
            throw new InvalidOperationException($"{_path} is committed already.");
        try
        {
            // What ends in a hole has been given no length by any write.
            if (_stored != Length)
                RandomAccess.SetLength(Handle, Length);
            var found = RandomAccess.GetLength(Handle);
            if (found != Length)
                throw new IOException($"{UnfinishedPath} has {found} bytes after {Length} were written.");
            RandomAccess.FlushToDisk(Handle);
            // overwrite: a plain rename(2); CreateAsync has made sure that nothing is there.
            File.Move(UnfinishedPath, _path, overwrite: true);
            _committed = true;
            // Otherwise a power cut can undo the rename after the upload was acknowledged.
            Kernel.SyncDirectory(_directory);
        }
        catch (IOException full) when (IsFull(full))
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

    private SafeFileHandle Handle => _file.SafeFileHandle;

    /// <summary>Bytes at the front that are whole blocks of zeros, and may therefore stay holes.</summary>
    private static int LeadingHoles(ReadOnlySpan<byte> bytes, long position)
    {
        var zeros = 0;
        if (position % HoleSize != 0)
            return 0;
        while (bytes.Length - zeros >= HoleSize && !bytes.Slice(zeros, HoleSize).ContainsAnyExcept((byte)0))
            zeros += HoleSize;
        return zeros;
    }

    /// <summary>Bytes at the front up to the next whole block of zeros.</summary>
    private static int DataBeforeHole(ReadOnlySpan<byte> bytes, long position)
    {
        var data = 0;
        while (data < bytes.Length && LeadingHoles(bytes[data..], position + data) == 0)
            data += (int)Math.Min(bytes.Length - data, HoleSize - ((position + data) % HoleSize));
        return data;
    }

    private static bool IsFull(IOException exception) => exception.HResult is Kernel.ENOSPC or Kernel.EDQUOT;
}
