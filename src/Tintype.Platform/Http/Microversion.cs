using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Tintype.Platform.Http;

/// <summary>
/// The version of an API that a request asked for, <c>2.45</c>. Bound as a parameter of any endpoint whose route group
/// carries a <see cref="MicroversionedApi"/>.
/// </summary>
public readonly record struct Microversion(int Major, int Minor) : IComparable<Microversion>
{
    public int CompareTo(Microversion other) => (Major, Minor).CompareTo((other.Major, other.Minor));

    public static bool operator <(Microversion left, Microversion right) => left.CompareTo(right) < 0;

    public static bool operator >(Microversion left, Microversion right) => left.CompareTo(right) > 0;

    public static bool operator <=(Microversion left, Microversion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Microversion left, Microversion right) => left.CompareTo(right) >= 0;

    /// <summary>Whether <paramref name="minor"/> of the same major version is included: <c>version.Has(45)</c> for 2.45 and later.</summary>
    public bool Has(int minor) => Minor >= minor;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");

    public static ValueTask<Microversion> BindAsync(HttpContext context, ParameterInfo parameter) =>
        ValueTask.FromResult(context.Features.Get<NegotiatedMicroversion>()?.Version
            ?? throw new InvalidOperationException($"The endpoint {context.GetEndpoint()?.DisplayName} belongs to no versioned API."));
}

/// <summary>
/// An API with microversions, after OpenStack's guideline: the client names one in <c>OpenStack-API-Version: SERVICE X.Y</c> or in
/// the older header of the service; without either it gets the minimum, and <c>latest</c> means the maximum.
/// Put on a route group as metadata.
/// </summary>
/// <param name="ServiceType">The word before the version in the header: <c>compute</c>.</param>
/// <param name="LegacyHeader">The service's own older header, which holds the version alone.</param>
public sealed partial record MicroversionedApi(string ServiceType, string LegacyHeader, Microversion Minimum, Microversion Maximum)
{
    public const string Header = "OpenStack-API-Version";

    /// <summary>The version asked for.</summary>
    /// <exception cref="Fault">400 when it is malformed, 406 when it is outside the range.</exception>
    public Microversion Negotiate(IHeaderDictionary headers)
    {
        var asked = Asked(headers);
        var version = asked is null ? Minimum : asked == "latest" ? Maximum : Parse(asked);
        return version >= Minimum && version <= Maximum ? version : throw OutOfRange(version);
    }

    /// <summary>The header's version as written, or null when the client named none.</summary>
    internal string? Asked(IHeaderDictionary headers)
    {
        // Several services may stand in one header, and the header may be repeated; the last word for this service counts.
        string? asked = null;
        foreach (var entry in headers[Header].SelectMany(v => (v ?? "").Split(',', StringSplitOptions.TrimEntries)))
        {
            var words = entry.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 2 && words[0].Equals(ServiceType, StringComparison.OrdinalIgnoreCase))
                asked = words[1];
        }

        var legacy = headers[LegacyHeader].ToString().Trim();
        return asked ?? (legacy.Length == 0 ? null : legacy);
    }

    internal static Microversion Parse(string text) => VersionPattern().Match(text) is { Success: true } match
        && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var major)
        && int.TryParse(match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var minor)
            ? new Microversion(major, minor)
            : throw Fault.BadRequest($"API Version String {text} is of invalid format. Must be of format MajorNum.MinorNum.");

    private Fault OutOfRange(Microversion version) => new(FaultKind.NotAcceptable,
        $"Version {version} is not supported by the API. Minimum is {Minimum} and maximum is {Maximum}.");

    [GeneratedRegex(@"^([1-9]\d*)\.([1-9]\d*|0)$", RegexOptions.CultureInvariant)]
    private static partial Regex VersionPattern();
}

/// <summary>The outcome of a negotiation, kept with the request.</summary>
internal sealed record NegotiatedMicroversion(Microversion Version);

/// <summary>
/// Negotiates for endpoints that carry a <see cref="MicroversionedApi"/>, and tells the version in every answer of theirs,
/// refusals included, with <c>Vary</c> so that caches keep the versions apart.
/// </summary>
internal sealed class MicroversionMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<MicroversionedApi>() is { } api)
        {
            // A version outside the range is echoed as asked; a malformed one is not.
            if (api.Asked(context.Request.Headers) is { } asked && asked != "latest")
                Announce(context, api, MicroversionedApi.Parse(asked));
            var version = api.Negotiate(context.Request.Headers);
            Announce(context, api, version);
            context.Features.Set(new NegotiatedMicroversion(version));
        }

        return next(context);
    }

    // On starting, because a refusal clears the headers that were set before it.
    private static void Announce(HttpContext context, MicroversionedApi api, Microversion version) => context.Response.OnStarting(() =>
    {
        var headers = context.Response.Headers;
        headers[MicroversionedApi.Header] = $"{api.ServiceType} {version}";
        headers[api.LegacyHeader] = version.ToString();
        headers.Vary = $"{MicroversionedApi.Header}, {api.LegacyHeader}";
        return Task.CompletedTask;
    });
}
