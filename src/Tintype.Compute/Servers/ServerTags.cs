namespace Tintype.Compute.Servers;

/// <summary>Nova's rule for a server's tags.</summary>
internal static class ServerTags
{
    public const string Rule = "a tag is a text of 1 to 60 characters without '/' and ','";

    public static bool IsValid(string tag) => tag.Length is >= 1 and <= 60 && !tag.AsSpan().ContainsAny('/', ',');
}
