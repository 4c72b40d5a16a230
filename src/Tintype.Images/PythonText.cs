using System.Text;
using System.Text.Json;

namespace Tintype.Images;

/// <summary>Values as Python shows them, which Glance's messages quote.</summary>
internal static class PythonText
{
    /// <summary>Longer ones are cut: they are the client's own, and it has them.</summary>
    private const int MaximumLength = 400;

    public static string Show(JsonElement value)
    {
        var text = new StringBuilder();
        Append(text, value);
        return text.Length <= MaximumLength ? text.ToString() : $"{text.ToString(0, MaximumLength)}…";
    }

    public static string Show(string value)
    {
        var quote = value.Contains('\'', StringComparison.Ordinal) && !value.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        var text = new StringBuilder().Append(quote);
        foreach (var letter in value)
        {
            text.Append(letter switch
            {
                '\\' => @"\\",
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                _ when letter == quote => $@"\{letter}",
                _ when char.IsControl(letter) => $@"\x{(int)letter:x2}",
                _ => letter.ToString(),
            });
        }

        return text.Append(quote).ToString();
    }

    private static void Append(StringBuilder text, JsonElement value)
    {
        if (text.Length > MaximumLength)
            return;
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                AppendAll(text.Append('{'), value.EnumerateObject(), member => Append(text.Append(Show(member.Name)).Append(": "), member.Value));
                text.Append('}');
                break;
            case JsonValueKind.Array:
                AppendAll(text.Append('['), value.EnumerateArray(), item => Append(text, item));
                text.Append(']');
                break;
            default:
                text.Append(value.ValueKind switch
                {
                    JsonValueKind.Null => "None",
                    JsonValueKind.True => "True",
                    JsonValueKind.False => "False",
                    JsonValueKind.String => Show(value.GetString()!),
                    _ => value.GetRawText(),
                });
                break;
        }
    }

    private static void AppendAll<T>(StringBuilder text, IEnumerable<T> parts, Action<T> append)
    {
        var first = true;
        foreach (var part in parts)
        {
            if (text.Length > MaximumLength)
                return;
            if (!first)
                text.Append(", ");
            first = false;
            append(part);
        }
    }
}
