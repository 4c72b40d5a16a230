using System.Collections.Concurrent;
using System.Collections.Frozen;
using Tintype.Images.Policies;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Protections;

/// <summary>
/// Who may create, read, change and remove which custom property. Without a file all who may do so to the image. With one the first
/// section that matches the name decides, and what none matches is refused to everybody, as in Glance. What the service itself notes of
/// an image (<c>os_glance…</c>, <c>tintype_…</c>) can be read by all who see the image; clients write neither.
/// </summary>
internal sealed class PropertyProtections
{
    // Names come from clients: what is remembered of them has an end.
    private const int MaximumRemembered = 10_000;

    private static readonly Section _system = new((_, _) => true);
    private static readonly Section _unmatched = new((_, _) => false);

    private readonly (ProtectionSection Names, Section Rules)[] _sections;
    private readonly ConcurrentDictionary<string, Section> _remembered = new(StringComparer.Ordinal);

    /// <summary>Roles decide.</summary>
    public PropertyProtections(IReadOnlyList<ProtectionSection> sections)
        : this(sections, words => caller => words.Any(caller.Has))
    {
    }

    /// <summary>Rules of the policy decide.</summary>
    public PropertyProtections(IReadOnlyList<ProtectionSection> sections, ImagePolicies policies)
        : this(sections, words => caller => words.Count > 0 && policies.Allows(words[0], caller))
    {
    }

    private PropertyProtections(IReadOnlyList<ProtectionSection> sections, Func<IReadOnlyList<string>, Func<Caller, bool>> deciding)
    {
        _sections = [.. sections.Select(section =>
        {
            var deciders = section.Words.ToFrozenDictionary(w => w.Key, w => w.Value switch
            {
                _ when w.Value.Contains("!") => _ => false,
                _ when w.Value.Contains("@") => _ => true,
                var words => deciding(words),
            });
            return (section, new Section((operation, caller) => deciders[operation](caller)));
        })];
    }

    /// <summary>No file: nothing is protected.</summary>
    public static PropertyProtections None { get; } = new([]);

    private bool IsOff => _sections.Length == 0;

    public bool Allows(PropertyOperation operation, string name, Caller caller) => IsOff || Find(name).Allows(operation, caller);

    /// <exception cref="Fault">403.</exception>
    public void Require(PropertyOperation operation, string name, Caller caller)
    {
        if (!Allows(operation, name, caller))
            throw Fault.ReservedAttribute(name);
    }

    /// <summary>The image without the properties that the caller may not read.</summary>
    public ImageRecord Readable(ImageRecord image, Caller caller)
    {
        if (IsOff || image.Properties.Keys.All(name => Allows(PropertyOperation.Read, name, caller)))
            return image;
        return image with
        {
            Properties = image.Properties.Where(p => Allows(PropertyOperation.Read, p.Key, caller)).ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal),
        };
    }

    private Section Find(string name)
    {
        if (_remembered.TryGetValue(name, out var known))
            return known;
        var found = ImageAttributes.IsReserved(name) || ImageAttributes.IsSystems(name)
            ? _system
            : Array.Find(_sections, s => s.Names.Names.IsMatch(name)).Rules ?? _unmatched;
        if (_remembered.Count < MaximumRemembered)
            _remembered[name] = found;
        return found;
    }

    private sealed class Section(Func<PropertyOperation, Caller, bool> allows)
    {
        public bool Allows(PropertyOperation operation, Caller caller) => allows(operation, caller);
    }
}
