namespace Tintype.Images.Versions;

/// <summary>
/// The minor versions that Glance announces when it has several stores and no cache. They only tell what a server can do:
/// any of them is legal as the first segment of a path, and all mean the same.
/// </summary>
internal static class ImagesApiVersions
{
    public const string Current = "v2.17";

    public static IReadOnlyList<string> All { get; } =
        [Current, "v2.15", "v2.13", "v2.12", "v2.11", "v2.10", "v2.9", "v2.8", "v2.7", "v2.6", "v2.5", "v2.4", "v2.3", "v2.2", "v2.1", "v2.0"];

    public static bool Knows(string segment) => segment == "v2" || All.Contains(segment, StringComparer.Ordinal);
}
