using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace Tintype.Platform.Policy;

/// <summary>
/// Who makes a request: the user, and the project that the token is scoped to. Bound as a parameter of any endpoint
/// that does not allow anonymous requests.
/// </summary>
/// <param name="Roles">Names of the roles on the project, implied ones included (admin implies manager implies member implies reader).</param>
public sealed record Caller(
    string UserId, string UserName, string ProjectId, string ProjectName, string DomainId, IReadOnlyList<string> Roles)
{
    public bool IsAdmin => Has("admin");

    /// <summary>Whether the caller may change what the project owns (Keystone's persona "member").</summary>
    public bool IsMember => Has("member");

    public bool Has(string role)
    {
        // By hand: rules ask this several times for each image of a list.
        for (var at = 0; at < Roles.Count; at++)
        {
            if (string.Equals(Roles[at], role, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    public static ValueTask<Caller?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        ValueTask.FromResult(context.Features.Get<Caller>());
}
