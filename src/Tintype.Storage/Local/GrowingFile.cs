using Microsoft.Win32.SafeHandles;

namespace Tintype.Storage.Local;

/// <summary>
/// A file that is written front to back over several sittings, crashes in between included. What counts is what somebody has noted
/// after <see cref="SyncAsync"/>; whatever lies behind it is cut off when the file is opened again. Runs of zeros are holes.
/// </summary>
public sealed class GrowingFile : IDisposable
{
    private readonly string _path;
    private readonly FileStream _file;
    private readonly SparseFile _data;

    private GrowingFile(string path, FileStream file, string store, long from)
    {
        _path = path;
        _file = file;
        _data = new SparseFile(Handle, store, from);
    }

    public long Length => _data.Length;

    /// <param name="store">By what name the place is known, for the exceptions.</param>
    /// <param name="from">Bytes that count. The file is made if there are none; its entry is durable then.</param>
    /// <exception cref="StorageFullException">There is no room.</exception>
    /// <exception cref="FileNotFoundException">It is not there, and should have bytes.</exception>
    public static GrowingFile Open(string path, string store, long from)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(path, new FileStreamOptions
            {
                Mode = from == 0 ? FileMode.OpenOrCreate : FileMode.Open,
                Access = FileAccess.ReadWrite,
                Share = FileShare.Read | FileShare.Delete,
                BufferSize = 0,
                UnixCreateMode = from == 0 ? UnixFileMode.UserRead | UnixFileMode.UserWrite : null,
            });
            // Longer: what came before a crash and was not noted. Shorter: it ended in a hole.
            RandomAccess.SetLength(file.SafeFileHandle, from);
            if (from == 0)
                Kernel.SyncDirectory(Path.GetDirectoryName(path)!);
            return new GrowingFile(path, file, store, from);
        }
        catch (IOException failed)
        {
            file?.Dispose();
            if (SparseFile.IsFull(failed))
                throw new StorageFullException(store, failed);
            throw;
        }
    }

    /// <exception cref="StorageFullException">There is no room for these bytes; <see cref="Length"/> counts those that are written.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct) => _data.WriteAsync(bytes, ct);

    /// <summary>What is written when this is called is durable when it returns. May run beside writes.</summary>
    public Task SyncAsync() => Task.Run(() => RandomAccess.FlushToDisk(Handle));

    /// <summary>Nothing more will be written: the file has its length, durably, and a store may adopt it.</summary>
    public Task FinishAsync() => Task.Run(() => _data.Finish(_path));

    /// <summary>What has been written, from an offset to the end. To be read before anything more is written.</summary>
    public Stream OpenRead(long offset)
    {
        // A reader would find the end of what ends in a hole too early.
        if (RandomAccess.GetLength(Handle) < Length)
            RandomAccess.SetLength(Handle, Length);
        var file = File.OpenHandle(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        return new FileRangeStream(file, offset, Length - offset);
    }

    public void Dispose() => _file.Dispose();

    private SafeFileHandle Handle => _file.SafeFileHandle;
}
