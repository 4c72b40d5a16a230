using Tintype.Images.Data.Hashing;

namespace Tintype.Images.Signatures;

/// <summary>The hashes that a signature may be of.</summary>
internal static class SignatureHash
{
    private static readonly Dictionary<string, HashKind> _methods = new(StringComparer.Ordinal)
    {
        ["SHA-224"] = HashKind.Sha224,
        ["SHA-256"] = HashKind.Sha256,
        ["SHA-384"] = HashKind.Sha384,
        ["SHA-512"] = HashKind.Sha512,
    };

    public static string Names => string.Join(", ", _methods.Keys);

    public static HashKind? Find(string method) => _methods.GetValueOrDefault(method);

    /// <summary>What data must be hashed by, beside what it always is, for its image's signature to be verified; none if it has none.</summary>
    public static IEnumerable<HashKind> Wanted(IReadOnlyDictionary<string, string> properties) =>
        SignatureClaim.Of(properties) is { } claim && Find(claim.HashMethod) is { } kind ? [kind] : [];
}
