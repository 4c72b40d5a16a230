using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Identity.Tokens;

/// <summary>The built-in answer to who a token speaks for, for every room.</summary>
internal sealed class TokenValidator(TokenRepository tokens) : ITokenValidator
{
    public async Task<Caller?> ValidateAsync(string token, CancellationToken ct)
    {
        var found = await tokens.FindValidAsync(TokenSecret.HashOf(token), ct);
        return found is { Project: { } project }
            ? new Caller(found.User.Id, found.User.Name, project.Id, project.Name, project.Domain.Id, [.. found.Roles.Select(r => r.Name)])
            : null;
    }
}
