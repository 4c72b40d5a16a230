using System.Globalization;
using Microsoft.AspNetCore.Http;
using Tintype.Platform.Http;

namespace Tintype.Compute.Api;

/// <summary>The <c>limit</c> and <c>marker</c> of a listing, with Nova's refusals.</summary>
/// <param name="Limit">At most <see cref="ComputeApi.PageLimit"/>.</param>
internal readonly record struct ListRequest(int Limit, string? Marker)
{
    public static ListRequest Of(IQueryCollection query)
    {
        var limit = ComputeApi.PageLimit;
        if (query["limit"].ToString() is { Length: > 0 } text)
        {
            if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var asked))
                throw Fault.BadRequest($"Invalid input for query parameters limit. Value: {text}. '{text}' is not an integer");
            if (asked < 0)
                throw Fault.BadRequest($"Invalid input for query parameters limit. Value: {text}. {asked} is less than the minimum of 0");
            limit = Math.Min(asked, limit);
        }

        return new ListRequest(limit, query["marker"].ToString() is { Length: > 0 } marker ? marker : null);
    }

    /// <summary>The page of <paramref name="items"/> after the marker.</summary>
    /// <exception cref="Fault">400: no item is the marker's.</exception>
    public IReadOnlyList<T> Page<T>(IReadOnlyList<T> items, Func<T, string> id)
    {
        var start = 0;
        if (Marker is { } marker)
        {
            while (start < items.Count && id(items[start]) != marker)
                start++;
            if (start++ == items.Count)
                throw Fault.MarkerNotFound(marker);
        }

        return [.. items.Skip(start).Take(Limit)];
    }
}
