using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Tintype.Compute.Api;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Compute.Servers.Listing;

/// <summary>
/// Which servers a listing shows, and in which order; after Nova's <c>GET /servers</c>. It works on all servers of the project
/// (of the cloud, for an administrator who says all_tenants): one host carries tens of them, and names are matched by regular
/// expressions, which no index helps with.
/// </summary>
internal static class ServerListing
{
    /// <summary>A pattern is the user's: it must not be able to keep a processor busy.</summary>
    private static readonly TimeSpan _patternLimit = TimeSpan.FromSeconds(1);

    /// <summary>The project to list; null for all of them.</summary>
    /// <exception cref="Fault">400 or 403.</exception>
    public static string? ProjectOf(IQueryCollection query, Caller caller, string rule)
    {
        // An empty value means yes.
        var all = query.TryGetValue("all_tenants", out var asked) && (asked.ToString().Length == 0 || Flag("all_tenants", asked));
        if (!all)
            return caller.ProjectId;
        caller.RequireAdmin($"{rule}:get_all_tenants");
        return query["project_id"].Concat(query["tenant_id"]).FirstOrDefault(p => p is { Length: > 0 });
    }

    /// <summary>The page that was asked for, from <paramref name="servers"/>.</summary>
    public static IReadOnlyList<Server> Select(IEnumerable<Server> servers, IQueryCollection query, Caller caller, Microversion version)
    {
        foreach (var filter in Filters(query, caller, version))
            servers = servers.Where(filter);
        return ListRequest.Of(query).Page(Order(servers, query), s => s.Id.ToString());
    }

    private static IEnumerable<Func<Server, bool>> Filters(IQueryCollection query, Caller caller, Microversion version)
    {
        foreach (var (name, values) in query)
        {
            if (FilterOf(name, values, caller, version) is { } filter)
                yield return filter;
        }
    }

    private static Func<Server, bool>? FilterOf(string name, StringValues values, Caller caller, Microversion version)
    {
        var value = values.ToString();
        switch (name)
        {
            case "name":
                var pattern = Pattern(value);
                return s => pattern.IsMatch(s.Name);
            case "status":
                return Status(values, caller, version);
            case "image":
                return s => s.Image.Id.ToString() == value[(value.LastIndexOf('/') + 1)..];
            case "flavor":
                return s => s.Flavor.Id == value[(value.LastIndexOf('/') + 1)..];
            case "uuid":
                return s => s.Id.ToString() == value;
            case "reservation_id":
                return s => s.ReservationId == value;
            case "changes-since":
                var since = Time(name, value);
                return s => s.UpdatedAt >= since;
            case "changes-before" when version.Has(66):
                var before = Time(name, value);
                return s => s.UpdatedAt <= before;
            case "ip":
                var address = Pattern(value);
                return s => s.Nic is not null && address.IsMatch(ServerNetwork.Address);
            case "ip6":
                // Nobody here has such an address.
                return s => value.Length == 0;
            case "tags" when version.Has(26):
                return s => Words(value).All(s.Tags.Contains);
            case "tags-any" when version.Has(26):
                return s => Words(value).Any(s.Tags.Contains);
            case "not-tags" when version.Has(26):
                return s => !Words(value).All(s.Tags.Contains);
            case "not-tags-any" when version.Has(26):
                return s => !Words(value).Any(s.Tags.Contains);
            case "locked" when version.Has(73):
                var locked = Flag(name, value);
                return s => s.LockedBy is not null == locked;
            case "deleted" when caller.IsAdmin:
                // Deleted servers leave nothing behind.
                var deleted = Flag(name, value);
                return _ => !deleted;
            case "host" or "node" when caller.IsAdmin:
                return _ => value == Environment.MachineName;
            case "user_id" when caller.IsAdmin || version.Has(83):
                return s => s.UserId == value;
            case "vm_state" when caller.IsAdmin || version.Has(83):
                return s => ServerStates.Word(s.State) == value;
            case "task_state" when caller.IsAdmin || version.Has(83):
                return s => (s.TaskState ?? "None") == value;
            case "key_name" when caller.IsAdmin || version.Has(83):
                return s => s.KeyName == value;
            case "description" when caller.IsAdmin || version.Has(83):
                return s => s.Description == value;
            case "hostname" when caller.IsAdmin || version.Has(83):
                return s => s.Hostname == value;
            case "availability_zone" when caller.IsAdmin || version.Has(83):
                return s => s.AvailabilityZone == value;
            case "config_drive" when caller.IsAdmin || version.Has(83):
                return s => s.ConfigDrive == Flag(name, value);
            case "limit" or "marker" or "sort_key" or "sort_dir" or "all_tenants" or "tenant_id" or "project_id":
                return null;
            // Before 2.75 what is unknown is ignored, as Nova does; so is what only an administrator may ask.
            default:
                return !version.Has(75) || _known.Contains(name) ? null
                    : throw Fault.BadRequest($"Invalid input for query parameters. Additional properties are not allowed ('{name}' was unexpected)");
        }
    }

    private static readonly HashSet<string> _known =
    [
        "deleted", "host", "node", "user_id", "vm_state", "task_state", "key_name", "description", "hostname", "availability_zone",
        "config_drive", "progress", "launched_at", "terminated_at", "power_state", "created_at", "updated_at", "auto_disk_config",
        "root_device_name", "display_name", "display_description", "instance_type_id", "launch_index", "locked_by", "soft_deleted",
        "access_ip_v4", "access_ip_v6", "kernel_id", "ramdisk_id", "changes-before", "locked",
    ];

    private static Func<Server, bool> Status(StringValues asked, Caller caller, Microversion version)
    {
        var wanted = asked.Where(s => s is not null).Select(s => s!.ToUpperInvariant()).ToHashSet();
        if (wanted.SetEquals(["DELETED"]) && !caller.IsAdmin)
            throw Fault.Forbidden("Only administrators may list deleted instances");
        if (version.Has(38) && !wanted.Overlaps(ServerStates.Statuses))
            throw Fault.BadRequest("Invalid status value");
        return s => wanted.Contains(ServerStates.StatusOf(s.State, s.TaskState));
    }

    private static Regex Pattern(string text)
    {
        try
        {
            return new Regex(text, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, _patternLimit);
        }
        catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
        {
            throw new Fault(FaultKind.BadRequest, $"Invalid regular expression '{text}': {wrong.Message}", wrong);
        }
    }

    private static DateTimeOffset Time(string name, string value) =>
        DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
            : throw Fault.BadRequest($"Invalid input for query parameters {name}. Value: {value}. '{value}' is not a 'date-time'");

    private static string[] Words(string value) => value.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static bool Flag(string name, StringValues value) => value.ToString().ToUpperInvariant() switch
    {
        "1" or "T" or "TRUE" or "ON" or "Y" or "YES" => true,
        "0" or "F" or "FALSE" or "OFF" or "N" or "NO" => false,
        _ => throw Fault.BadRequest($"Invalid input received: Unrecognized value '{value}' of {name}; it must be true or false."),
    };

    private static List<Server> Order(IEnumerable<Server> servers, IQueryCollection query)
    {
        var keys = query["sort_key"] is { Count: > 0 } asked ? asked.ToArray() : ["created_at"];
        var directions = query["sort_dir"].ToArray();
        IOrderedEnumerable<Server>? ordered = null;
        for (var i = 0; i < keys.Length; i++)
        {
            var by = KeyOf(keys[i] ?? "");
            // Nova: a key without a direction of its own has the first one's; without any, newest first.
            var descending = (i < directions.Length ? directions[i] : directions.FirstOrDefault()) switch
            {
                null or "desc" => true,
                "asc" => false,
                var other => throw Fault.BadRequest($"Invalid input for query parameters sort_dir. Value: {other}. '{other}' is not one of asc, desc"),
            };
            ordered = (ordered, descending) switch
            {
                (null, true) => servers.OrderByDescending(by, Comparer),
                (null, false) => servers.OrderBy(by, Comparer),
                (_, true) => ordered.ThenByDescending(by, Comparer),
                (_, false) => ordered.ThenBy(by, Comparer),
            };
        }

        return [.. ordered!.ThenByDescending(s => s.CreatedAt).ThenByDescending(s => s.Id)];
    }

    private static Func<Server, IComparable> KeyOf(string key) => key switch
    {
        "created_at" => s => s.CreatedAt,
        "updated_at" => s => s.UpdatedAt,
        "launched_at" => s => s.LaunchedAt ?? DateTimeOffset.MinValue,
        "display_name" => s => s.Name,
        "display_description" => s => s.Description ?? "",
        "uuid" => s => s.Id.ToString(),
        "vm_state" => s => ServerStates.Word(s.State),
        "task_state" => s => s.TaskState ?? "",
        "project_id" => s => s.ProjectId,
        "user_id" => s => s.UserId,
        "key_name" => s => s.KeyName ?? "",
        "image_ref" => s => s.Image.Id.ToString(),
        "instance_type_id" => s => s.Flavor.Id,
        "hostname" => s => s.Hostname,
        "launch_index" => s => s.LaunchIndex,
        "availability_zone" => s => s.AvailabilityZone,
        _ => throw Fault.BadRequest($"Invalid input for query parameters sort_key. Value: {key}. '{key}' is not one of created_at, updated_at, launched_at, "
            + "display_name, display_description, uuid, vm_state, task_state, project_id, user_id, key_name, image_ref, instance_type_id, hostname, launch_index, availability_zone"),
    };

    private static Comparer<IComparable> Comparer { get; } = Comparer<IComparable>.Create((a, b) =>
        a is string x && b is string y ? string.CompareOrdinal(x, y) : a.CompareTo(b));
}
