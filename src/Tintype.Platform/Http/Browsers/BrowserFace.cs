using Microsoft.AspNetCore.Http;

namespace Tintype.Platform.Http.Browsers;

/// <summary>
/// What pages of other origins may send to one API and read of its answers, where the operator allows their origin at all. For
/// OpenStack's own APIs these are what the real services allow by default.
/// </summary>
/// <param name="Prefix">The path below which the API is.</param>
/// <param name="RequestHeaders">Beside those that any page may send.</param>
/// <param name="AnswerHeaders">Beside those that any page may read.</param>
/// <param name="HasOptions">
/// Whether the API has an OPTIONS of its own. Those of OpenStack have none, but the step that does this for them stands before
/// everything else and answers every OPTIONS with an empty 200, whatever is asked for and by whomever.
/// </param>
public sealed record BrowserFace(
    PathString Prefix, IReadOnlyList<string> Methods, IReadOnlyList<string> RequestHeaders, IReadOnlyList<string> AnswerHeaders, bool HasOptions = false)
{
    /// <summary>oslo.middleware's: what any page may send.</summary>
    internal static IReadOnlyList<string> SimpleHeaders { get; } =
        ["Accept", "Accept-Language", "Content-Type", "Cache-Control", "Content-Language", "Expires", "Last-Modified", "Pragma"];
}
