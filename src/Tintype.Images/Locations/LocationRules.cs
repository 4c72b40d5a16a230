using System.Globalization;
using Tintype.Images.Data.Hashing;
using Tintype.Images.Records;
using Tintype.Platform.Http;

namespace Tintype.Images.Locations;

/// <summary>An image with its locations, in the middle of a change of both.</summary>
internal sealed record LocatedImage(ImageRecord Image, IReadOnlyList<ImageLocation> Locations);

/// <summary>What one may do with the list of an image's locations: Glance's conditions, in its order, and a few against deceit.</summary>
/// <param name="webStore">The name of the store of what lies on web servers; null if there is none.</param>
/// <param name="chosen">How the data of new images is hashed.</param>
/// <param name="quota">How many locations an image may have; any number if negative.</param>
internal sealed class LocationRules(string? webStore, HashKind chosen, int quota)
{
    /// <param name="position"><c>-</c> for the end, or a number.</param>
    /// <param name="sizes">Bytes by URL, of those that are new; null while nobody has asked for them.</param>
    /// <exception cref="Fault">400, 409, 413.</exception>
    public LocatedImage Add(LocatedImage located, string position, NewLocation added, IReadOnlyDictionary<string, long>? sizes)
    {
        var (image, locations) = located;
        if (image.Status is not (ImageStatus.Active or ImageStatus.Queued))
            throw Fault.LocationsNotNow("add", image.Status);
        var known = Learn(image, [added]);
        if (position != "-" && !IsNumber(position))
            throw Fault.LocationPosition("adding", position, locations.Count);
        RequireRoom(locations.Count + 1);
        var location = Place(added);
        if (locations.Contains(location))
            throw Fault.DuplicateLocation(added.Url);
        // As with Python's lists, what is beyond the end is the end.
        var at = int.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Min(number, locations.Count) : locations.Count;
        return Settle(known, [.. locations.Take(at), location, .. locations.Skip(at)], [location], sizes);
    }

    /// <summary>The whole list: to give an image its first ones, or to put the same ones into another order, or to note something else to them.</summary>
    /// <exception cref="Fault">400, 409, 413.</exception>
    public LocatedImage Replace(LocatedImage located, IReadOnlyList<NewLocation> wanted, IReadOnlyDictionary<string, long>? sizes)
    {
        var (image, locations) = located;
        if (image.Status is not (ImageStatus.Active or ImageStatus.Queued))
            throw Fault.LocationsNotNow("replace", image.Status);
        var known = Learn(image, wanted);
        RequireRoom(wanted.Count);
        if (locations.Count > 0)
        {
            var before = locations.Select(l => l.Url).Order(StringComparer.Ordinal);
            if (!before.SequenceEqual(wanted.Select(w => w.Url).Order(StringComparer.Ordinal), StringComparer.Ordinal))
                throw Fault.LocationsNotEmpty(locations.Select(l => l.Url));
            return located with { Locations = [.. wanted.Select(w => locations.First(l => l.Url == w.Url) with { Metadata = w.Metadata })] };
        }

        var placed = wanted.Select(Place).ToList();
        if (placed.FirstOrDefault(location => placed.Count(other => other == location) > 1) is { } twice)
            throw Fault.DuplicateLocation(twice.Url);
        return Settle(known, placed, placed, sizes);
    }

    /// <exception cref="Fault">403 the last one; 400; 409.</exception>
    public static LocatedImage Remove(LocatedImage located, string position)
    {
        var (image, locations) = located;
        if (image.Status != ImageStatus.Active)
            throw Fault.LocationsNotNow("remove", image.Status);
        if (locations.Count == 1)
            throw Fault.LastLocation();
        var at = position == "-" ? locations.Count - 1
            : int.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < locations.Count ? number
            : throw Fault.LocationPosition("removing", position, locations.Count);
        return located with { Locations = [.. locations.Where((_, index) => index != at)] };
    }

    /// <summary>
    /// A location that a client names lies on a web server, or nowhere: with the file of a store, or any other, it could have this
    /// service read for it what only this service may (OSSN-0090).
    /// </summary>
    private ImageLocation Place(NewLocation added)
    {
        var scheme = added.Url.Split(':')[0];
        if (webStore is null || scheme is not ("http" or "https"))
            throw Fault.InvalidLocation($"'{added.Url}' is in no store that clients may name locations of; {(webStore is null ? "there is none here (driver http)" : "those of http and https are")}.");
        return new ImageLocation(webStore, added.Url, IsOwn: false, added.Metadata);
    }

    private void RequireRoom(int attempted)
    {
        if (quota >= 0 && attempted > quota)
            throw Fault.QuotaExceeded("image locations", attempted, quota);
    }

    private static LocatedImage Settle(ImageRecord image, IReadOnlyList<ImageLocation> locations, IReadOnlyList<ImageLocation> added, IReadOnlyDictionary<string, long>? sizes)
    {
        if (image.Status == ImageStatus.Queued)
        {
            ImageLifecycle.RequireFormats(image);
            image = image with { Status = ImageStatus.Active };
        }

        foreach (var location in sizes is null ? Array.Empty<ImageLocation>() : added)
        {
            var size = sizes![location.Url];
            // One image has one content: what is longer or shorter is another.
            if (image.Size is { } known && known != size)
                throw Fault.InvalidLocation($"'{location.Url}' has {size} bytes, and the image has {known}.");
            image = image with { Size = size };
        }

        return new LocatedImage(image, locations);
    }

    /// <summary>What the senders say of the data, where nothing is known of it yet; they may repeat what is, and contradict nothing.</summary>
    private ImageRecord Learn(ImageRecord image, IReadOnlyList<NewLocation> added)
    {
        var said = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in added.Select(a => a.Validation).OfType<ValidationData>().SelectMany(Members))
        {
            if (said.TryGetValue(name, out var other) && other != value)
                throw Fault.Conflict($"Conflicting values for {name}");
            said[name] = value;
        }

        var unknown = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in said)
        {
            var current = name switch { "checksum" => image.Checksum, "os_hash_value" => image.Hash?.Value, _ => image.Hash?.Algorithm };
            if (value.Equals(current, StringComparison.OrdinalIgnoreCase))
                continue;
            if (current is not null)
                throw Fault.Conflict($"{name} is already set with a different value");
            unknown[name] = value;
        }

        if (unknown.Count == 0)
            return image;
        if (image.Status != ImageStatus.Queued)
            throw Fault.Conflict($"New value(s) for {string.Join(", ", unknown.Keys)} may only be provided when image status is 'queued'");
        var checksum = unknown.GetValueOrDefault("checksum");
        if (checksum is not null && !IsHexadecimal(checksum))
            throw Fault.Conflict($"checksum ({checksum}) is not a valid hexadecimal value");
        if (unknown.GetValueOrDefault("os_hash_algo") is var algorithm && algorithm != chosen.Name)
            throw Fault.Conflict($"os_hash_algo must be {chosen.Name}, not {algorithm ?? "None"}");
        var hash = unknown["os_hash_value"];
        if (!IsHexadecimal(hash))
            throw Fault.Conflict($"os_hash_value ({hash}) is not a valid hexadecimal value");
        if (hash.Length != 2 * chosen.Length)
            throw Fault.Conflict($"os_hash_value ({hash}) is not the correct size for {chosen.Name} (should be {chosen.Length} bytes)");
        return image with { Checksum = checksum?.ToLowerInvariant() ?? image.Checksum, Hash = new ImageHash(chosen.Name, hash.ToLowerInvariant()) };
    }

    private static IEnumerable<(string Name, string Value)> Members(ValidationData said) =>
    [
        .. said.Checksum is null ? Array.Empty<(string, string)>() : [("checksum", said.Checksum)],
        ("os_hash_algo", said.HashAlgorithm), ("os_hash_value", said.HashValue),
    ];

    private static bool IsNumber(string text) => text.Length > 0 && text.All(char.IsAsciiDigit);

    private static bool IsHexadecimal(string text) => text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit);
}
