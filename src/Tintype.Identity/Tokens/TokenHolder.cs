using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Platform.Http;

namespace Tintype.Identity.Tokens;

/// <summary>
/// Who makes a request to Identity. Unlike the caller that other rooms see, the token may be unscoped: choosing a project begins with one.
/// An endpoint that takes this as a parameter refuses a request without a valid <c>X-Auth-Token</c>.
/// </summary>
internal sealed record TokenHolder(TokenRecord Token)
{
    public string UserId => Token.User.Id;

    public bool IsAdmin => Token.IsAdmin;

    /// <param name="action">Keystone's name of the rule, which its refusal tells.</param>
    public void RequireAdmin(string action)
    {
        if (!IsAdmin)
            throw Fault.NotAuthorized(action);
    }

    public static async ValueTask<TokenHolder> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var text = context.Request.Headers["X-Auth-Token"].ToString();
        var tokens = context.RequestServices.GetRequiredService<TokenRepository>();
        var found = text.Length == 0 ? null : await tokens.FindValidAsync(TokenSecret.HashOf(text), context.RequestAborted);
        return found is null
            ? throw Fault.Unauthorized().WithHeader("WWW-Authenticate", $"Keystone uri=\"{PublicUrl.Of(context.Request, "/identity/v3")}\"")
            : new TokenHolder(found);
    }
}
