using System.Security.Cryptography;
using Tintype.DiskFormats.Inspection;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Records;

namespace Tintype.Images.Data.Hashing;

/// <summary>What has been found out about data that has gone by.</summary>
/// <param name="Checksum">MD5, hexadecimal.</param>
internal sealed record IngestedData(long Size, string Checksum, ImageHash Hash, FormatFinding Finding);

/// <summary>Finds out about data what there is to know, each byte once: as many hashes as are wanted and no more, and what the data is.</summary>
/// <param name="kept">The hash that the image gets beside its MD5.</param>
internal sealed class DataExamination(HashKind kept, FormatInspection inspection) : IDisposable
{
    private readonly IncrementalHash _md5 = HashKind.Md5.Begin();
    private readonly IncrementalHash _hash = kept.Begin();

    /// <summary>Begins a sitting in which the hashes run beside whoever reads the data. They may be continued in another one.</summary>
    public HashStages HashBeside(SharedBlocks blocks) => new([_md5, _hash], blocks);

    /// <summary>To be called with each piece that the hashes get, in order.</summary>
    public void Inspect(ReadOnlySpan<byte> bytes) => inspection.Feed(bytes);

    /// <summary>Hashes and inspects at once.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        _md5.AppendData(bytes);
        _hash.AppendData(bytes);
        inspection.Feed(bytes);
    }

    /// <summary>The findings, once: nothing can be fed afterwards.</summary>
    public IngestedData Finish(long size) => new(size, End(_md5), new ImageHash(kept.Name, End(_hash)), inspection.Finish());

    public void Dispose()
    {
        _md5.Dispose();
        _hash.Dispose();
    }

    private static string End(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset());
}
