using System.Text;

namespace Tintype.TestSupport;

/// <summary>Makes texts of a language's words, of what is hostile in any language, and of both mixed.</summary>
public sealed class TextMutator(params string[] words)
{
    private static readonly string[] _hostile =
    [
        "", " ", "\0", "\t", "\r\n", "\"", "\\", "\\\"", "'", "%", "%00", "/", "//", "~", "~0", "~1", "~2", ":", ",", ";", "=", "-", "--", "*", "(", ")", "[", "]", "{", "}",
        "\ud800", "\udfff", "\ud83d\ude00", "\u202e", "\ufeff", "é", "ı", "İ", "0", "-1", "1e999", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
        "99999999999999999999999999999999", "0x10", "NaN", "null", "true", "../../etc/passwd", "<script>", "' OR 1=1 --", "$(id)", "\u0660",
    ];

    public string Next(Random random)
    {
        var text = new StringBuilder();
        for (var pieces = random.Next(0, 9); pieces > 0; pieces--)
            text.Append(Piece(random));
        if (text.Length > 0 && random.Next(4) == 0)
            text.Remove(random.Next(text.Length), 1);
        if (text.Length > 1 && random.Next(6) == 0)
            text.Length = random.Next(text.Length);
        return text.ToString();
    }

    private string Piece(Random random) => random.Next(20) switch
    {
        < 12 => words[random.Next(words.Length)],
        < 18 => _hostile[random.Next(_hostile.Length)],
        18 => new string((char)random.Next(1, 0x300), random.Next(1, 400)),
        _ => ((char)random.Next(0x10000)).ToString(),
    };
}
