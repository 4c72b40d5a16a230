using System.Text.Json;
using Tintype.Platform.Http;

namespace Tintype.Identity;

/// <summary>A member of a request: given or not, which for a change is another thing than null.</summary>
internal readonly record struct Given<T>(bool IsGiven, T Value)
{
    public T Or(T other) => IsGiven ? Value : other;
}

/// <summary>
/// The members of a project, user or role in a request. Each is taken out with a check of its type; those that nobody took
/// are the client's own, which Keystone keeps and gives back.
/// </summary>
internal sealed class Attributes
{
    // The server's word: given back by clients that send a whole resource, and not theirs to change.
    private static readonly string[] _ours = ["links", "password_expires_at"];

    private readonly Dictionary<string, JsonElement> _members;
    private readonly string _kind;

    /// <exception cref="Fault">400: the request has no such object.</exception>
    public Attributes(Dictionary<string, JsonElement>? members, string kind)
    {
        _members = members ?? throw Fault.BadRequest($"The request body must be an object with the member '{kind}'.");
        _kind = kind;
        foreach (var name in _ours)
            _members.Remove(name);
    }

    /// <summary>A text of 1 to <paramref name="longest"/> characters that is more than white space, without white space around it.</summary>
    public Given<string> TakeName(int longest)
    {
        if (!_members.Remove("name", out var value))
            return default;
        var name = value.ValueKind == JsonValueKind.String ? value.GetString()!.Trim() : "";
        if (name.Length == 0 || name.Length > longest)
            throw Invalid("name", value, $"a text of 1 to {longest} characters");
        return new Given<string>(true, name);
    }

    /// <summary>As <see cref="TakeName"/>, for a new thing that must have one.</summary>
    public string RequireName(int longest) => TakeName(longest) is { IsGiven: true } name ? name.Value
        : throw Fault.BadRequest($"Invalid input for field '{_kind}': 'name' is a required property.");

    public Given<string?> TakeText(string member)
    {
        if (!_members.Remove(member, out var value))
            return default;
        return value.ValueKind switch
        {
            JsonValueKind.Null => new Given<string?>(true, null),
            JsonValueKind.String => new Given<string?>(true, value.GetString()),
            _ => throw Invalid(member, value, "a text or null"),
        };
    }

    /// <summary>A text, or null, that stays among the client's own members.</summary>
    public void CheckText(string member)
    {
        if (_members.TryGetValue(member, out var value) && value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
            throw Invalid(member, value, "a text or null");
    }

    /// <summary>Passes over a member that only the server sets.</summary>
    public void Ignore(string member) => _members.Remove(member);

    /// <summary>A new password; null takes away the one there was. Its value is in no refusal.</summary>
    public Given<string?> TakePassword(string member = "password")
    {
        if (!_members.Remove(member, out var value))
            return default;
        if (value.ValueKind == JsonValueKind.Null)
            return new Given<string?>(true, null);
        if (value.ValueKind != JsonValueKind.String || value.GetString() is not { Length: > 0 and <= MaximumPassword } password)
            throw Fault.BadRequest($"Invalid input for field '{member}': a text of 1 to {MaximumPassword} characters is expected.");
        return new Given<string?>(true, password);
    }

    public Given<bool> TakeFlag(string member)
    {
        if (!_members.Remove(member, out var value))
            return default;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? new Given<bool>(true, value.GetBoolean())
            : throw Invalid(member, value, "true or false");
    }

    public Given<IReadOnlyList<string>> TakeTags()
    {
        if (!_members.Remove("tags", out var value))
            return default;
        if (value.ValueKind != JsonValueKind.Array
            || value.EnumerateArray().Any(t => t.ValueKind != JsonValueKind.String || t.GetString() is not { Length: > 0 and <= 255 } tag || tag.Contains(',') || tag.Contains('/')))
            throw Invalid("tags", value, "a list of texts of 1 to 255 characters without comma and slash");
        return new Given<IReadOnlyList<string>>(true, [.. value.EnumerateArray().Select(t => t.GetString()!).Distinct().Order(StringComparer.Ordinal)]);
    }

    /// <summary>The options of a resource: <c>immutable</c> where <paramref name="immutable"/> says that there is such a thing, else none.</summary>
    public Given<bool> TakeOptions(bool immutable)
    {
        if (!_members.Remove("options", out var options))
            return default;
        if (options.ValueKind != JsonValueKind.Object)
            throw Invalid("options", options, "an object");
        var result = default(Given<bool>);
        foreach (var option in options.EnumerateObject())
        {
            if (!immutable || option.Name != "immutable")
                throw Fault.BadRequest($"The option '{option.Name}' of a {_kind} is not supported here; leave it out.");
            result = option.Value.ValueKind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null
                ? new Given<bool>(true, option.Value.ValueKind == JsonValueKind.True)
                : throw Invalid("options/immutable", option.Value, "true, false or null");
        }

        return result;
    }

    /// <summary>Refuses another value of a member that is fixed from the beginning, such as the id or the domain.</summary>
    public void RequireUnchanged(string member, string current)
    {
        if (_members.Remove(member, out var value) && !(value.ValueKind == JsonValueKind.String && value.ValueEquals(current)))
            throw Fault.BadRequest($"The {member} of a {_kind} cannot be changed from {current} to {value.GetRawText()}.");
    }

    /// <summary>What nobody took, laid over what there was; a null takes away.</summary>
    public IReadOnlyDictionary<string, JsonElement> Rest(IReadOnlyDictionary<string, JsonElement>? before = null)
    {
        var rest = before is null ? [] : new Dictionary<string, JsonElement>(before);
        foreach (var (name, value) in _members)
        {
            if (value.ValueKind == JsonValueKind.Null)
                rest.Remove(name);
            else
                rest[name] = value;
        }

        return rest;
    }

    private const int MaximumPassword = 4096;

    private static Fault Invalid(string member, JsonElement value, string expected)
    {
        var shown = value.GetRawText();
        return Fault.BadRequest($"Invalid input for field '{member}': {expected} is expected, not {(shown.Length > 100 ? shown[..100] + "…" : shown)}.");
    }
}
