using Tintype.Platform;
using Tintype.Storage.Local;

namespace Tintype.Images.Uploads;

/// <summary>Where the bytes of uploads are until all have come: one file each, which grows.</summary>
internal sealed class UploadFiles(DataDirectory data)
{
    private const string Name = "uploads";

    private readonly string _folder = data.Folder(Name);

    public string PathOf(Guid upload) => Path.Combine(_folder, upload.ToString("D"));

    /// <param name="from">Bytes that count; what lies behind them is cut off.</param>
    /// <exception cref="Tintype.Storage.StorageFullException">There is no room.</exception>
    public GrowingFile Open(Guid upload, long from) => GrowingFile.Open(PathOf(upload), Name, from);

    public Stream OpenRead(Guid upload) => File.OpenRead(PathOf(upload));

    /// <summary>No error if there is none. Need not be durable: what comes back after a power cut is swept.</summary>
    public void Delete(Guid upload) => File.Delete(PathOf(upload));

    public IReadOnlyList<Guid> List() =>
        [.. Directory.EnumerateFiles(_folder).Select(f => Guid.TryParseExact(Path.GetFileName(f), "D", out var id) ? id : Guid.Empty).Where(id => id != Guid.Empty)];
}
