using System.Text.Json;
using Tintype.Images.Metadefs.Items;
using Tintype.Images.Metadefs.Schemas;
using Tintype.Platform.Database;
using Tintype.Protocol.Images;

namespace Tintype.Images.Metadefs.Tags;

/// <summary>A tag is its name.</summary>
internal sealed record TagContent
{
    public static TagContent None { get; } = new();

    /// <summary>A tag that a path names.</summary>
    /// <exception cref="Platform.Http.Fault">400.</exception>
    public static ItemDraft<TagContent> Parse(PathName name)
    {
        var tag = JsonSerializer.SerializeToElement(TagViews.NameView(name.Value), MetadefsJson.Default.MetadefTagView);
        MetadefSchemas.Tag.Validate(tag);
        return Parse(tag, "the tag");
    }

    /// <exception cref="Platform.Http.Fault">400.</exception>
    public static ItemDraft<TagContent> Parse(JsonElement tag, string where)
    {
        MetadefBody.OnlyKnown(tag, where, "name", "created_at", "updated_at");
        return new(MetadefBody.RequiredName(tag, where), None);
    }
}

internal static class TagViews
{
    public static MetadefTagView View(this Item<TagContent> tag) => new(tag.Name, tag.CreatedAt.ToWire(), tag.UpdatedAt.ToWire());

    /// <summary>As lists show tags: by name alone.</summary>
    public static MetadefTagView NameView(string name) => new(name, null, null);
}
