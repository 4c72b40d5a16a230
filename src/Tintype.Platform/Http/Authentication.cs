using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Tintype.Platform.Policy;

namespace Tintype.Platform.Http;

/// <summary>Tells who a token speaks for. Built in, or the cloud's Keystone.</summary>
public interface ITokenValidator
{
    /// <summary>The caller, or null when the token is unknown, expired, revoked, or scoped to no project.</summary>
    Task<Caller?> ValidateAsync(string token, CancellationToken ct);
}

/// <summary>
/// Every endpoint needs a valid <c>X-Auth-Token</c> unless it says <c>AllowAnonymous()</c>. Runs before the body is read.
/// </summary>
internal sealed class AuthenticationMiddleware(RequestDelegate next, ITokenValidator tokens)
{
    public const string Header = "X-Auth-Token";

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint() is { } endpoint && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null)
        {
            var token = context.Request.Headers[Header].ToString();
            var caller = token.Length == 0 ? null : await tokens.ValidateAsync(token, context.RequestAborted);
            context.Features.Set(caller ?? throw Refusal(context));
        }

        await next(context);
    }

    // keystoneauth re-authenticates on 401; the challenge tells other clients where.
    private static Fault Refusal(HttpContext context) => Fault.Unauthorized()
        .WithHeader("WWW-Authenticate", $"Keystone uri=\"{PublicUrl.Of(context.Request, "/identity/v3")}\"");
}
