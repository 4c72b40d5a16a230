using Microsoft.Extensions.Options;
using Tintype.Images.Records;
using Tintype.Platform.Policy;

namespace Tintype.Images.Import.Preparation;

/// <summary>The properties that the operator gives to imported images, and to whose.</summary>
internal sealed class MetadataInjection(IOptions<PreparationOptions> options)
{
    private static readonly string[] _admins = ["admin"];

    /// <summary>Asked when an import is begun: a task has no roles.</summary>
    public bool AppliesTo(Caller caller)
    {
        var ignored = options.Value.InjectIgnoredRoles.Count > 0 ? options.Value.InjectIgnoredRoles : _admins;
        return options.Value.InjectProperties.Count > 0 && !ignored.Any(caller.Has);
    }

    public IReadOnlyDictionary<string, string> Apply(IReadOnlyDictionary<string, string> properties) =>
        properties.With(options.Value.InjectProperties.ToDictionary(p => p.Key, p => (string?)p.Value, StringComparer.Ordinal));
}
