using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Tintype.Platform.Http.Browsers;

/// <summary>
/// Tells browsers which pages may read an answer, and answers what they ask beforehand (preflight) before anything else is looked at:
/// they ask it without a token. The framework decides and writes the headers; that its own step answers 204, where clients of OpenStack
/// know 200, is why this one is in its place.
/// </summary>
internal sealed class CorsMiddleware
{
    private readonly RequestDelegate _next;
    private readonly ICorsService _cors;
    private readonly (BrowserFace Face, CorsPolicy Policy)[] _faces;
    private readonly bool _isOn;

    public CorsMiddleware(RequestDelegate next, ICorsService cors, IEnumerable<BrowserFace> faces, IOptions<CorsOptions> options)
    {
        (_next, _cors, _isOn) = (next, cors, options.Value.AllowedOrigins.Count > 0);
        _faces = [.. faces.OrderByDescending(face => face.Prefix.Value!.Length).Select(face => (face, Policy(face, options.Value)))];
    }

    public Task InvokeAsync(HttpContext context)
    {
        var (face, policy) = Array.Find(_faces, f => context.Request.Path.StartsWithSegments(f.Face.Prefix, StringComparison.Ordinal));
        if (face is null)
            return _next(context);
        var isOptions = HttpMethods.IsOptions(context.Request.Method);
        if (_isOn && context.Request.Headers.Origin.Count > 0)
        {
            var found = _cors.EvaluatePolicy(context, policy);
            // Also where one origin alone is allowed: a cache must not give its answer to others, who would get another.
            found.VaryByOrigin = true;
            if (isOptions && found.IsPreflightRequest)
            {
                _cors.ApplyResult(found, context.Response);
                return Task.CompletedTask;
            }

            // At the last moment: a refusal begins with a clean answer, and the page must read that too.
            context.Response.OnStarting(() =>
            {
                _cors.ApplyResult(found, context.Response);
                return Task.CompletedTask;
            });
        }

        return isOptions && !face.HasOptions ? Task.CompletedTask : _next(context);
    }

    private static CorsPolicy Policy(BrowserFace face, CorsOptions options)
    {
        var policy = new CorsPolicyBuilder()
            .WithMethods([.. face.Methods])
            .WithHeaders([.. face.RequestHeaders, .. BrowserFace.SimpleHeaders, .. options.AllowedHeaders])
            .WithExposedHeaders([.. face.AnswerHeaders, .. options.ExposedHeaders])
            .SetPreflightMaxAge(options.MaximumAge);
        // With credentials, which are cookies here, for everybody is what no browser accepts and no framework offers.
        return options.AllowedOrigins.Contains(CorsOptions.Everybody)
            ? policy.AllowAnyOrigin().Build()
            : policy.WithOrigins([.. options.AllowedOrigins]).AllowCredentials().Build();
    }
}
