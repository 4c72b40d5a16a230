namespace Tintype.Images.Metadefs;

/// <summary>A name as a segment of a path. A slash in it comes as <c>%2F</c>, which the web server leaves alone.</summary>
internal readonly record struct PathName(string Value)
{
    public static bool TryParse(string text, out PathName name)
    {
        name = new PathName(text.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase));
        return true;
    }
}
