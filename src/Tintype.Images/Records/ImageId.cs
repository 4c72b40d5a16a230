using Tintype.Platform.Http;

namespace Tintype.Images.Records;

/// <summary>The <c>{id}</c> of a path.</summary>
internal static class ImageId
{
    /// <exception cref="Fault">404: clients try a name as an id first, and go on with a search when it is not found.</exception>
    public static Guid Parse(string text, ImageAction action) => Find(text) ?? throw Fault.ImageNotFound(action, text);

    public static Guid? Find(string text) => Guid.TryParseExact(text, "D", out var id) ? id : null;
}

/// <summary>The <c>{tag}</c> of a path.</summary>
internal static class ImageTag
{
    /// <exception cref="Fault">400 too long; 404 a slash, which no path can carry: such tags come and go by PATCH.</exception>
    public static string Parse(string text)
    {
        if (text.Contains("%2F", StringComparison.OrdinalIgnoreCase))
            throw Fault.NotFound("The resource could not be found.").WithDetail("A tag with a slash is set by PATCH of /tags.");
        if (text.Length > ImageAttributes.MaximumLength)
            throw Fault.SchemaMismatch($"'{text}' is too long", "tags", $"'{text}'");
        return text;
    }
}
