using Microsoft.AspNetCore.Http;

namespace Tintype.Identity.Projects;

/// <summary>The API's four ways to filter by tags, each a list with commas: all of these, any of these, and the opposite of both.</summary>
internal sealed record TagFilter(string[]? All, string[]? Any, string[]? NotAll, string[]? NotAny)
{
    public static TagFilter Of(HttpRequest request) =>
        new(Read(request, "tags"), Read(request, "tags-any"), Read(request, "not-tags"), Read(request, "not-tags-any"));

    public bool Accepts(IReadOnlyCollection<string> tags) =>
        (All is null || All.All(tags.Contains))
        && (Any is null || Any.Any(tags.Contains))
        && (NotAll is null || !NotAll.All(tags.Contains))
        && (NotAny is null || !NotAny.Any(tags.Contains));

    private static string[]? Read(HttpRequest request, string name) => Lists.Filter(request, name)?.Split(',');
}
