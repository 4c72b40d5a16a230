namespace Tintype.Images.Signatures;

/// <summary>Signatures as they stand in properties.</summary>
internal static class SignatureText
{
    /// <summary>Base64 as Python reads it: characters that are none of its alphabet are passed over, line ends above all. Null if what is left is none.</summary>
    public static byte[]? Decode(string text)
    {
        var characters = text.Where(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '=').ToArray();
        var bytes = new byte[characters.Length];
        return Convert.TryFromBase64Chars(characters, bytes, out var length) ? bytes[..length] : null;
    }
}
