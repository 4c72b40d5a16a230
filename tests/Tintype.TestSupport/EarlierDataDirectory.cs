using System.Formats.Tar;
using System.IO.Compression;

namespace Tintype.TestSupport;

/// <summary>A data directory that an earlier version wrote (tests/fixtures/data-directories), unpacked in a folder of its own.</summary>
public sealed class EarlierDataDirectory : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    private EarlierDataDirectory()
    {
    }

    /// <summary>The names of them all, oldest first.</summary>
    public static IReadOnlyList<string> Archives { get; } = [.. Directory.EnumerateFiles(Fixtures, "*.tar.gz").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    private static string Fixtures => Path.Combine(Repository.Root, "tests", "fixtures", "data-directories");

    public static async Task<EarlierDataDirectory> UnpackAsync(string archive, CancellationToken ct)
    {
        var unpacked = new EarlierDataDirectory();
        await using var packed = File.OpenRead(Path.Combine(Fixtures, archive));
        await using var tar = new GZipStream(packed, CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(tar, unpacked._folder.Path, overwriteFiles: false, ct);
        return unpacked;
    }

    /// <summary>Of what lies beside the data.</summary>
    public string Combine(string name) => _folder.Combine(name);

    /// <summary>Starts the server of today, with the stores that the data needs, if it says so.</summary>
    public async Task<TintypeServer> StartAsync(params string[] more)
    {
        var arguments = _folder.Combine("arguments");
        var wanted = File.Exists(arguments) ? await File.ReadAllLinesAsync(arguments) : [];
        return await TintypeServer.StartAsync(_folder.Combine("data"), [.. wanted.Select(line => line.Replace("{data}", _folder.Combine("data"), StringComparison.Ordinal)), .. more]);
    }

    public void Dispose() => _folder.Dispose();
}
