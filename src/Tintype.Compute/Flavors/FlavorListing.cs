using System.Globalization;
using Microsoft.AspNetCore.Http;
using Tintype.Compute.Api;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Compute.Flavors;

/// <summary>Which flavors a listing shows, and in which order; after Nova's <c>GET /flavors</c>.</summary>
internal static class FlavorListing
{
    public static IReadOnlyList<Flavor> Select(IEnumerable<Flavor> flavors, IQueryCollection query, Caller caller)
    {
        if (WantedVisibility(query, caller) is { } isPublic)
            flavors = flavors.Where(f => f.IsPublic == isPublic);
        if (Minimum(query, "minRam") is { } memory)
            flavors = flavors.Where(f => f.Memory >= memory);
        if (Minimum(query, "minDisk") is { } disk)
            flavors = flavors.Where(f => f.Disk >= disk);
        return ListRequest.Of(query).Page(Order(flavors, query), f => f.Id);
    }

    // Only an administrator may see other than public flavors; what others ask for is ignored, as Nova does.
    private static bool? WantedVisibility(IQueryCollection query, Caller caller)
    {
        if (!caller.IsAdmin || !query.TryGetValue("is_public", out var asked))
            return true;
        return asked.ToString().ToUpperInvariant() switch
        {
            "NONE" => null,
            "1" or "T" or "TRUE" or "ON" or "Y" or "YES" => true,
            "0" or "F" or "FALSE" or "OFF" or "N" or "NO" => false,
            _ => throw Fault.BadRequest($"Invalid is_public filter [{asked}]"),
        };
    }

    private static int? Minimum(IQueryCollection query, string name)
    {
        if (!query.TryGetValue(name, out var asked))
            return null;
        return int.TryParse(asked, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var minimum) ? minimum
            : throw Fault.BadRequest($"Invalid {name} filter [{asked}]");
    }

    private static List<Flavor> Order(IEnumerable<Flavor> flavors, IQueryCollection query)
    {
        var key = query["sort_key"].ToString() is { Length: > 0 } asked ? asked : "flavorid";
        Func<Flavor, IComparable> by = key switch
        {
            "flavorid" or "id" => f => f.Id,
            "name" => f => f.Name,
            "memory_mb" => f => f.Memory,
            "root_gb" => f => f.Disk,
            "vcpus" => f => f.Vcpus,
            "is_public" => f => f.IsPublic,
            "description" => f => f.Description ?? "",
            "created_at" => f => f.CreatedAt,
            // The same for every flavor here.
            "disabled" or "ephemeral_gb" or "rxtx_factor" or "swap" or "updated_at" or "vcpu_weight" => _ => 0,
            _ => throw Fault.BadRequest($"Invalid input for query parameters sort_key. Value: {key}. '{key}' is not one of "
                + "created_at, description, flavorid, id, is_public, memory_mb, name, root_gb, vcpus"),
        };
        var ordered = query["sort_dir"].ToString() switch
        {
            "" or "asc" => flavors.OrderBy(by, Comparer),
            "desc" => flavors.OrderByDescending(by, Comparer),
            var other => throw Fault.BadRequest($"Invalid input for query parameters sort_dir. Value: {other}. '{other}' is not one of asc, desc"),
        };
        return [.. ordered.ThenBy(f => f.Id, StringComparer.Ordinal)];
    }

    private static Comparer<IComparable> Comparer { get; } = Comparer<IComparable>.Create((a, b) =>
        a is string x && b is string y ? string.CompareOrdinal(x, y) : a.CompareTo(b));
}
