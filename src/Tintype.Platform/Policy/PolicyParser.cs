using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Tintype.Platform.Policy;

/// <summary>
/// Reads rules in oslo.policy's language:
/// <code>
/// rule:context_is_admin or (role:member and project_id:%(owner)s)
/// role:reader and not 'private':%(visibility)s
/// </code>
/// <c>not</c> binds before <c>and</c>, <c>and</c> before <c>or</c>. An empty rule allows all, as <c>@</c> does; <c>!</c> allows nobody.
/// Where oslo.policy logs an error and refuses everybody from then on, this refuses the rule.
/// </summary>
internal sealed partial class PolicyParser
{
    public const int MaximumLength = 16 * 1024;
    public const int MaximumNesting = 64;

    private static readonly FrozenDictionary<string, Func<Caller, string>> _caller = new Dictionary<string, Func<Caller, string>>
    {
        ["user_id"] = caller => caller.UserId,
        ["project_id"] = caller => caller.ProjectId,
        ["project_domain_id"] = caller => caller.DomainId,
        // The names of former times.
        ["user"] = caller => caller.UserId,
        ["tenant"] = caller => caller.ProjectId,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private enum TokenKind
    {
        Open,
        Close,
        And,
        Or,
        Not,
        Check,
        End,
    }

    /// <param name="At">The character of the rule, from 1.</param>
    private readonly record struct Token(TokenKind Kind, string Text, int At);

    private readonly List<Token> _tokens;
    private int _next;

    private PolicyParser(List<Token> tokens) => _tokens = tokens;

    /// <exception cref="PolicyException">The message is a clause about the rule, to be put after its name.</exception>
    public static PolicyCheck Parse(string text)
    {
        if (text.Length == 0)
            return new ConstantCheck(true);
        if (text.Length > MaximumLength)
            throw new PolicyException($"has {text.Length} characters, and at most {MaximumLength} are read");
        var parser = new PolicyParser(Tokenize(text));
        var check = parser.Or(0);
        var rest = parser._tokens[parser._next];
        return rest.Kind switch
        {
            TokenKind.End => check,
            TokenKind.Close => throw new PolicyException($"closes at character {rest.At} a parenthesis that was not opened"),
            _ => throw new PolicyException($"lacks an 'and' or an 'or' before '{Shorten(rest.Text)}' at character {rest.At}"),
        };
    }

    /// <summary>For messages: a rule may be long.</summary>
    public static string Shorten(string text) => text.Length <= 100 ? text : $"{text[..100]}…";

    private PolicyCheck Or(int depth) => Joined(TokenKind.Or, () => And(depth), parts => new AnyCheck(parts));

    private PolicyCheck And(int depth) => Joined(TokenKind.And, () => Part(depth), parts => new AllCheck(parts));

    private PolicyCheck Joined(TokenKind joint, Func<PolicyCheck> part, Func<PolicyCheck[], PolicyCheck> join)
    {
        var parts = new List<PolicyCheck> { part() };
        while (_tokens[_next].Kind == joint)
        {
            _next++;
            parts.Add(part());
        }

        return parts.Count == 1 ? parts[0] : join([.. parts]);
    }

    private PolicyCheck Part(int depth)
    {
        if (depth > MaximumNesting)
            throw new PolicyException($"is nested more than {MaximumNesting} deep");
        var token = _tokens[_next++];
        switch (token.Kind)
        {
            case TokenKind.Not:
                return new NotCheck(Part(depth + 1));
            case TokenKind.Open:
                var inner = Or(depth + 1);
                var close = _tokens[_next++];
                return close.Kind switch
                {
                    TokenKind.Close => inner,
                    TokenKind.End => throw new PolicyException($"does not close the parenthesis of character {token.At}"),
                    _ => throw new PolicyException($"lacks an 'and' or an 'or' before '{Shorten(close.Text)}' at character {close.At}"),
                };
            case TokenKind.Check:
                return Check(token.Text);
            case TokenKind.End:
                throw new PolicyException("ends where a check such as role:admin is expected");
            default:
                throw new PolicyException($"has '{token.Text}' at character {token.At}, where a check such as role:admin is expected");
        }
    }

    private static PolicyCheck Check(string text)
    {
        if (text is "@" or "!")
            return new ConstantCheck(text == "@");
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1 || colon == text.Length - 1)
            throw new PolicyException($"has '{Shorten(text)}', which is no check; a check is @, !, or KIND:VALUE such as role:admin");
        var (kind, value) = (text[..colon], text[(colon + 1)..]);
        return kind switch
        {
            "rule" => new RuleCheck(value),
            "role" => new RoleCheck(PolicyTemplate.Parse(value, text)),
            "http" or "https" => throw new PolicyException($"has '{Shorten(text)}', but other servers are not asked here"),
            _ when Literal(kind) is { } literal => new LiteralCheck(literal, PolicyTemplate.Parse(value, text)),
            "roles" => throw new PolicyException($"has '{Shorten(text)}'; a role is asked for by role:NAME"),
            _ when _caller.TryGetValue(kind, out var attribute) => new CallerCheck(attribute, PolicyTemplate.Parse(value, text)),
            _ => throw new PolicyException($"asks for '{Shorten(kind)}', which is not known of a caller; "
                + $"known are role, rule, {string.Join(", ", _caller.Keys.Order(StringComparer.Ordinal))}, or a literal in quotes"),
        };
    }

    /// <summary>As Python would write the literal; null for what is none.</summary>
    private static string? Literal(string kind)
    {
        if (kind.Length >= 2 && kind[0] is '\'' or '"' && kind[^1] == kind[0])
            return kind.Contains('\\', StringComparison.Ordinal) ? throw new PolicyException($"has a backslash in the literal {Shorten(kind)}, and none is needed") : kind[1..^1];
        return kind is "True" or "False" or "None" || WholeNumber.IsMatch(kind) ? kind : null;
    }

    // Parentheses count at the beginnings and ends of words alone: those of %(owner)s are inside.
    private static List<Token> Tokenize(string text)
    {
        var tokens = new List<Token>();
        var at = 0;
        while (true)
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
            if (at == text.Length)
                break;
            var end = at;
            while (end < text.Length && !char.IsWhiteSpace(text[end]))
                end++;
            for (; at < end && text[at] == '('; at++)
                tokens.Add(new Token(TokenKind.Open, "(", at + 1));
            var stop = end;
            while (stop > at && text[stop - 1] == ')')
                stop--;
            if (stop > at)
                tokens.Add(Word(text[at..stop], at + 1));
            for (var closing = stop; closing < end; closing++)
                tokens.Add(new Token(TokenKind.Close, ")", closing + 1));
            at = end;
        }

        tokens.Add(new Token(TokenKind.End, "", text.Length + 1));
        return tokens;
    }

    private static Token Word(string word, int at) => new(word.ToLower(CultureInfo.InvariantCulture) switch
    {
        "and" => TokenKind.And,
        "or" => TokenKind.Or,
        "not" => TokenKind.Not,
        _ => TokenKind.Check,
    }, word, at);

    [GeneratedRegex("^(0|-?[1-9][0-9]*)$", RegexOptions.CultureInvariant)]
    private static partial Regex WholeNumber { get; }
}
