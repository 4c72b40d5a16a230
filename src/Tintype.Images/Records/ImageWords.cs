namespace Tintype.Images.Records;

/// <summary>The words of the Images API for states and visibilities, also those of the database.</summary>
internal static class ImageWords
{
    public static string Word(this ImageStatus status) => status.ToString().ToLowerInvariant();

    public static string Word(this ImageVisibility visibility) => visibility.ToString().ToLowerInvariant();

    public static ImageStatus Status(string word) => Enum.Parse<ImageStatus>(word, ignoreCase: true);

    /// <summary>Null for a word that is no visibility; the words are lower case.</summary>
    public static ImageVisibility? Visibility(string word) => word switch
    {
        "public" => ImageVisibility.Public,
        "community" => ImageVisibility.Community,
        "shared" => ImageVisibility.Shared,
        "private" => ImageVisibility.Private,
        _ => null,
    };
}
