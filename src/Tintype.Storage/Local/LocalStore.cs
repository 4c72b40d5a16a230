using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace Tintype.Storage.Local;

/// <summary>
/// Blobs as files of one directory:
/// <code>
/// store-format     "tintype-local-store 1": what the rest is, for the version that will lay it out differently
/// {id}             a blob
/// {id}.part        one that is being written, or whose writing broke off
/// </code>
/// Runs of zeros are holes. The directory is for the server's user alone.
/// </summary>
public sealed class LocalStore : IBlobStore, IRangeReadable, ILocalFile, IFileAdopting
{
    internal const string UnfinishedSuffix = ".part";

    private const string FormatFile = "store-format";
    private const string Format = "tintype-local-store 1";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _directory;

    private LocalStore(string name, string directory)
    {
        Name = name;
        _directory = directory;
    }

    public string Name { get; }

    /// <summary>Opens the store in a directory, which is made if it is not there.</summary>
    /// <exception cref="InvalidOperationException">The directory holds a store that this version cannot read, or is not a store.</exception>
    public static LocalStore Open(string name, string directory)
    {
        var path = Path.GetFullPath(directory);
        Directory.CreateDirectory(path, OwnerOnly);
        var store = new LocalStore(name, path);
        store.CheckFormat();
        return store;
    }

    public Task<IBlobWriter> CreateAsync(Guid id, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (File.Exists(PathFor(id)))
            throw new IOException($"The store '{Name}' has a blob {id} already; blobs are never written twice.");
        return Task.FromResult<IBlobWriter>(LocalBlobWriter.Create(Name, _directory, PathFor(id)));
    }

    public Task<bool> TryAdoptAsync(string path, Guid id, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (!Kernel.TryLink(path, PathFor(id)))
            return Task.FromResult(false);
        Kernel.SyncDirectory(_directory);
        return Task.FromResult(true);
    }

    public Task<Stream> OpenReadAsync(Guid id, CancellationToken ct)
    {
        var file = OpenFile(id, ct);
        return Task.FromResult<Stream>(new FileRangeStream(file, 0, RandomAccess.GetLength(file)));
    }

    public Task<Stream> OpenRangeAsync(Guid id, long offset, long length, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var file = OpenFile(id, ct);
        var whole = RandomAccess.GetLength(file);
        if (length <= whole - offset)
            return Task.FromResult<Stream>(new FileRangeStream(file, offset, length));
        file.Dispose();
        throw new ArgumentOutOfRangeException(nameof(length), length, $"The blob {id} has {whole} bytes; {offset} + {length} are beyond its end.");
    }

    public string PathOf(Guid id)
    {
        var path = PathFor(id);
        return File.Exists(path) ? path : throw new BlobNotFoundException(Name, id);
    }

    public Task DeleteAsync(Guid id, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        File.Delete(PathFor(id));
        File.Delete(PathFor(id) + UnfinishedSuffix);
        Kernel.SyncDirectory(_directory);
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<StoredBlob> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var file in new DirectoryInfo(_directory).EnumerateFiles())
        {
            ct.ThrowIfCancellationRequested();
            var committed = file.Extension != UnfinishedSuffix;
            var name = committed ? file.Name : Path.GetFileNameWithoutExtension(file.Name);
            // Renamed or deleted since the directory was read: then it is, or soon will be, nothing of interest.
            if (!Guid.TryParseExact(name, "D", out var id) || !file.Exists)
                continue;
            yield return new StoredBlob(id, file.Length, file.LastWriteTimeUtc, committed);
        }

        await Task.CompletedTask;
    }

    private SafeFileHandle OpenFile(Guid id, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        try
        {
            return File.OpenHandle(PathFor(id), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        }
        catch (FileNotFoundException)
        {
            throw new BlobNotFoundException(Name, id);
        }
    }

    private string PathFor(Guid id) => Path.Combine(_directory, id.ToString("D"));

    private void CheckFormat()
    {
        var path = Path.Combine(_directory, FormatFile);
        if (!File.Exists(path))
        {
            // A directory of something else would be taken for garbage by the collector.
            if (Directory.EnumerateFileSystemEntries(_directory).Any(entry => Path.GetFileName(entry) != FormatFile + UnfinishedSuffix))
                throw new InvalidOperationException($"{_directory} is not empty and is no store of images; give the store '{Name}' a directory of its own.");
            WriteFormat(path);
        }

        var found = File.ReadAllText(path).Trim();
        if (found != Format)
            throw new InvalidOperationException($"The store '{Name}' in {_directory} is of the format '{found}'; this version reads '{Format}'.");
    }

    private void WriteFormat(string path)
    {
        var unfinished = path + UnfinishedSuffix;
        using (var file = File.Create(unfinished))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(Format + "\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path, overwrite: true);
        Kernel.SyncDirectory(_directory);
    }
}
