using System.Text.Json;
using Tintype.Images.Metadefs.Items;
using Tintype.Platform.Database;
using Tintype.Protocol.Images;

namespace Tintype.Images.Metadefs.ResourceTypes;

/// <summary>What is said of a resource type within a namespace; the type is the item's name.</summary>
internal sealed record AssociationContent(string? Prefix, string? PropertiesTarget)
{
    /// <exception cref="Platform.Http.Fault">400.</exception>
    public static ItemDraft<AssociationContent> Parse(JsonElement association, string where)
    {
        MetadefBody.OnlyKnown(association, where, "name", "prefix", "properties_target", "created_at", "updated_at");
        var prefix = MetadefBody.Text(association, "prefix", where);
        if (prefix is { Length: > 0 })
            MetadefBody.Name(prefix, $"the prefix of {where}");
        var target = MetadefBody.Text(association, "properties_target", where);
        if (target is { Length: > 0 })
            MetadefBody.Name(target, $"the target of {where}");
        return new(MetadefBody.RequiredName(association, where), new AssociationContent(prefix, target));
    }
}

internal static class AssociationViews
{
    public static ResourceTypeAssociationView View(this Item<AssociationContent> item) =>
        new(item.Name, item.Content.Prefix, item.Content.PropertiesTarget, item.CreatedAt.ToWire(), item.UpdatedAt.ToWire());

    public static ResourceTypeAssociationView View(this ItemDraft<AssociationContent> draft) =>
        new(draft.Name, draft.Content.Prefix, draft.Content.PropertiesTarget, null, null);
}
