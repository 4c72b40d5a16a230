using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tintype.ApiTests.Compat.Differential;

/// <summary>
/// What one service has answered so far, and what the words in braces stand for when it is asked: <c>{a}</c> for the id of what was
/// named a and <c>{a:owner}</c> for another field of it, <c>{project:member}</c> for an actor's project, <c>{web}</c> for a web server's
/// host and port, <c>{repeat:x:300}</c>, <c>{properties:129}</c> for members of a JSON object, <c>{nested:100}</c> for arrays in arrays,
/// <c>{byte:ff}</c> for a byte of a body that is no text.
/// </summary>
internal sealed partial class Words(IReadOnlyDictionary<string, string> constants)
{
    // Where Unicode leaves room for private use: one character a byte.
    private const char FirstByte = '\uE000';

    private readonly Dictionary<string, JsonObject> _answers = new(StringComparer.Ordinal);

    /// <summary>Ids that the service chose, with the names by which they are known.</summary>
    public IEnumerable<(string Id, string Name)> Ids =>
        _answers.Where(answer => answer.Value["id"] is not null).Select(answer => ((string)answer.Value["id"]!, answer.Key));

    public void Remember(string name, string body)
    {
        if (JsonNode.Parse(body) is JsonObject answer)
            _answers[name] = answer;
    }

    public string Fill(string text) => Braces.Replace(text, match => Meaning(match.Groups[1].Value));

    public byte[] FillBytes(string text)
    {
        var bytes = new List<byte>();
        foreach (var rune in Fill(text).EnumerateRunes())
        {
            if (rune.Value >= FirstByte && rune.Value <= FirstByte + byte.MaxValue)
                bytes.Add((byte)(rune.Value - FirstByte));
            else
                bytes.AddRange(Encoding.UTF8.GetBytes(rune.ToString()));
        }

        return [.. bytes];
    }

    private string Meaning(string word)
    {
        if (constants.TryGetValue(word, out var constant))
            return constant;
        var parts = word.Split(':');
        return parts[0] switch
        {
            "repeat" => string.Concat(Enumerable.Repeat(parts[1], Number(parts[2]))),
            "properties" => string.Join(", ", Enumerable.Range(0, Number(parts[1])).Select(i => $"\"property{i}\": \"value\"")),
            "nested" => new string('[', Number(parts[1])) + new string(']', Number(parts[1])),
            "byte" => ((char)(FirstByte + byte.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture))).ToString(),
            _ when _answers.TryGetValue(parts[0], out var answer) => answer[parts.ElementAtOrDefault(1) ?? "id"]?.ToString() ?? "",
            _ => throw new FormatException($"Nothing is known by the name of {{{word}}}."),
        };
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\{([a-z]\w*(?::[^{}:\s]+)*)\}")]
    private static partial Regex Braces { get; }
}
