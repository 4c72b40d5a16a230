using Microsoft.Extensions.Options;

namespace Tintype.Platform.Http.Browsers;

/// <summary>Section <c>Cors</c>: which pages of other origins may use the APIs from a browser.</summary>
internal sealed class CorsOptions
{
    public const string Section = "Cors";
    public const string Everybody = "*";

    /// <summary><c>https://horizon.example.com</c>, or <c>*</c> for every one. None: no page may.</summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>Headers that pages may send, beside those that each API names itself.</summary>
    public IList<string> AllowedHeaders { get; } = [];

    /// <summary>Headers of answers that pages may read, beside those that each API names itself.</summary>
    public IList<string> ExposedHeaders { get; } = [];

    /// <summary>For how long a browser may remember what it was told.</summary>
    public TimeSpan MaximumAge { get; set; } = TimeSpan.FromHours(1);
}

internal sealed class CorsValidation : IValidateOptions<CorsOptions>
{
    private static readonly TimeSpan _longest = TimeSpan.FromDays(1);

    public ValidateOptionsResult Validate(string? name, CorsOptions options)
    {
        var wrong = options.AllowedOrigins.Where(origin => origin != CorsOptions.Everybody && !IsOrigin(origin))
            .Select(origin => $"Cors:AllowedOrigins has '{origin}', which is no origin: it is http:// or https://, a host, and a port unless it is the usual one, with nothing after it, "
                + "for example https://horizon.example.com; or * for every origin.").ToList();
        if (options.AllowedOrigins.Count > 1 && options.AllowedOrigins.Contains(CorsOptions.Everybody))
            wrong.Add("Cors:AllowedOrigins has * and others beside it; * is every origin already.");
        wrong.AddRange(options.AllowedHeaders.Concat(options.ExposedHeaders).Where(header => !IsToken(header)).Select(header => $"Cors names the header '{header}', which cannot be one."));
        if (options.MaximumAge < TimeSpan.Zero || options.MaximumAge > _longest)
            wrong.Add($"Cors:MaximumAge is {options.MaximumAge}; it is between 00:00:00 and {_longest}.");
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    // As a browser writes it: what differs from that, if only by a slash at its end, would never be equal to what it sends.
    private static bool IsOrigin(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.GetLeftPart(UriPartial.Authority) == origin && uri.UserInfo.Length == 0;

    private static bool IsToken(string header) => header.Length > 0 && header.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal));
}
