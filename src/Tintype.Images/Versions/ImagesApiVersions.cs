namespace Tintype.Images.Versions;

/// <summary>
/// The minor versions that Glance announces when it has several stores, with a cache or without. They only tell what a server can do:
/// any of them is legal as the first segment of a path, and all mean the same.
/// </summary>
internal static class ImagesApiVersions
{
    private static readonly string[] _common = ["v2.13", "v2.12", "v2.11", "v2.10", "v2.9", "v2.8", "v2.7", "v2.6", "v2.5", "v2.4", "v2.3", "v2.2", "v2.1", "v2.0"];

    private static readonly string[] _plain = ["v2.17", "v2.15", .. _common];
    private static readonly string[] _caching = ["v2.18", "v2.17", "v2.16", "v2.15", "v2.14", .. _common];

    /// <summary>The newest first, which is the current one.</summary>
    public static IReadOnlyList<string> All(bool withCache) => withCache ? _caching : _plain;

    public static bool Knows(string segment, bool withCache) => segment == "v2" || All(withCache).Contains(segment, StringComparer.Ordinal);
}
