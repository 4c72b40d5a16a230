using Tintype.DiskFormats.Inspection;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Records;

namespace Tintype.Images.Data.Hashing;

/// <summary>What has been found out about data that has gone by.</summary>
/// <param name="Digests">All hashes that were computed, hexadecimal, by the names of their kinds.</param>
internal sealed record IngestedData(long Size, ImageHash Hash, IReadOnlyDictionary<string, string> Digests, FormatFinding Finding)
{
    /// <summary>MD5.</summary>
    public string Checksum => Digests[HashKind.Md5.Name];
}

/// <summary>Finds out about data what there is to know, each byte once: as many hashes as are wanted and no more, and what the data is.</summary>
/// <param name="kept">The hash that the image gets beside its MD5.</param>
/// <param name="also">Hashes that somebody has promised of the data; those that are computed anyway are not computed twice.</param>
internal sealed class DataExamination(HashKind kept, IEnumerable<HashKind> also, FormatInspection inspection) : IDisposable
{
    private readonly Dictionary<string, RunningHash> _hashes = also.Prepend(kept).Prepend(HashKind.Md5).Distinct().ToDictionary(kind => kind.Name, kind => kind.Begin());

    /// <summary>Begins a sitting in which the hashes run beside whoever reads the data. They may be continued in another one.</summary>
    public HashStages HashBeside(SharedBlocks blocks) => new(_hashes.Values, blocks);

    /// <summary>To be called with each piece that the hashes get, in order.</summary>
    public void Inspect(ReadOnlySpan<byte> bytes) => inspection.Feed(bytes);

    /// <summary>The findings, once: nothing can be fed afterwards.</summary>
    public IngestedData Finish(long size)
    {
        var digests = _hashes.ToDictionary(hash => hash.Key, hash => Convert.ToHexStringLower(hash.Value.End()), StringComparer.Ordinal);
        return new IngestedData(size, new ImageHash(kept.Name, digests[kept.Name]), digests, inspection.Finish());
    }

    public void Dispose()
    {
        foreach (var hash in _hashes.Values)
            hash.Dispose();
    }
}
