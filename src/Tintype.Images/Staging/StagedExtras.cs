using Tintype.Images.Data.Hashing;

namespace Tintype.Images.Staging;

/// <summary>What is staged together with data.</summary>
internal sealed record StagedExtras
{
    public static StagedExtras None { get; } = new();

    /// <summary>What the image will have with the data, beside its own.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>What the data is to be hashed by, beside what it is anyway.</summary>
    public IEnumerable<HashKind> Hashes { get; init; } = [];

    /// <summary>Whether this is what an import has made of what came.</summary>
    public bool IsPrepared { get; init; }
}
