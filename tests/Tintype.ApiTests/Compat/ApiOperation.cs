using System.Text.RegularExpressions;
using Tintype.TestSupport;

namespace Tintype.ApiTests.Compat;

/// <summary>An operation of the Images API, a line of tests/compat/operations.txt.</summary>
/// <param name="Path">From the root of the API, with names in braces: <c>/v2/images/{id}/file</c>.</param>
/// <param name="IsLater">Whether Debian's Glance does not have it yet.</param>
internal sealed record ApiOperation(string Method, string Path, bool IsLater)
{
    public static IReadOnlyList<ApiOperation> All { get; } =
    [
        .. File.ReadLines(System.IO.Path.Combine(Repository.Root, "tests", "compat", "operations.txt"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(' '))
            .Select(words => new ApiOperation(words[0], words[1], words.Contains("later"))),
    ];

    /// <summary>Whether a request is one of this operation.</summary>
    /// <param name="path">It may have a query.</param>
    public bool Is(string method, string path) =>
        method == Method && Regex.IsMatch(path.Split('?')[0], $"^{Regex.Replace(Path, @"\{\w+\}", "[^/]+")}$");

    public override string ToString() => $"{Method} {Path}";
}
