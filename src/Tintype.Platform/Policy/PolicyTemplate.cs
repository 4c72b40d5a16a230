namespace Tintype.Platform.Policy;

/// <summary>The right side of a check: text with attributes of the target in it.</summary>
internal sealed class PolicyTemplate
{
    private readonly (string Text, bool IsAttribute)[] _parts;

    private PolicyTemplate((string Text, bool IsAttribute)[] parts) => _parts = parts;

    public IEnumerable<string> Attributes => _parts.Where(p => p.IsAttribute).Select(p => p.Text);

    //   3f0c…   %(project_id)s   prefix-%(name)s   100%%
    /// <exception cref="PolicyException"/>
    public static PolicyTemplate Parse(string text, string check)
    {
        var parts = new List<(string Text, bool IsAttribute)>();
        var at = 0;
        while (at < text.Length)
        {
            var percent = text.IndexOf('%', at);
            if (percent != at)
                parts.Add((percent < 0 ? text[at..] : text[at..percent], false));
            if (percent < 0)
                break;
            if (text[percent..].StartsWith("%%", StringComparison.Ordinal))
            {
                parts.Add(("%", false));
                at = percent + 2;
                continue;
            }

            var end = text.IndexOf(")s", percent, StringComparison.Ordinal);
            if (!text[percent..].StartsWith("%(", StringComparison.Ordinal) || end <= percent + 2)
                throw new PolicyException($"'{PolicyParser.Shorten(check)}' has a '%' that begins no attribute; an attribute is written %(project_id)s, the sign itself %%");
            parts.Add((text[(percent + 2)..end], true));
            at = end + 2;
        }

        return new PolicyTemplate([.. parts]);
    }

    /// <summary>Null if the target lacks one of the attributes.</summary>
    public string? Fill(IPolicyTarget target)
    {
        if (_parts is [var only])
            return only.IsAttribute ? target.Attribute(only.Text) : only.Text;
        var texts = new string[_parts.Length];
        for (var at = 0; at < _parts.Length; at++)
        {
            var (text, isAttribute) = _parts[at];
            if ((isAttribute ? target.Attribute(text) : text) is not { } part)
                return null;
            texts[at] = part;
        }

        return string.Concat(texts);
    }
}
