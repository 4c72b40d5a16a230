using System.Collections.Frozen;

namespace Tintype.Platform.Policy;

/// <summary>All rules of a service, read, checked and tied to one another: the one place where they are asked.</summary>
public sealed class PolicySet
{
    // Both are far beyond what anybody writes, and keep what is asked of each request small.
    private const int MaximumDepth = 200;
    private const long MaximumChecks = 10_000;

    private readonly FrozenDictionary<string, PolicyCheck> _rules;

    private PolicySet(FrozenDictionary<string, PolicyCheck> rules) => _rules = rules;

    /// <param name="rules">The service's own, with their defaults.</param>
    /// <param name="overrides">Instead of defaults; and rules of the operator's own, to which others must refer.</param>
    /// <param name="alsoUsed">Names to which something else than a rule refers.</param>
    /// <param name="source">Where the overrides stand, for messages.</param>
    /// <exception cref="PolicyException">Names the line and the rule.</exception>
    public static PolicySet Compile(
        IReadOnlyCollection<PolicyRule> rules, IReadOnlyList<PolicyOverride> overrides, IReadOnlyCollection<string> alsoUsed, string source)
    {
        var checks = rules.ToDictionary(r => r.Name, r => Parse(r.Check, $"The default of the rule '{r.Name}'"), StringComparer.Ordinal);
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var over in overrides)
        {
            if (!lines.TryAdd(over.Name, over.Line))
                throw new PolicyException($"{source}, line {over.Line}: the rule '{over.Name}' stands in line {lines[over.Name]} already.");
            checks[over.Name] = Parse(over.Check, $"{source}, line {over.Line}: the rule '{over.Name}'");
        }

        string Where(string rule) => lines.TryGetValue(rule, out var line) ? $"{source}, line {line}: the rule '{rule}'" : $"The rule '{rule}'";
        var references = checks.ToDictionary(c => c.Key, c => References(c.Value).ToList(), StringComparer.Ordinal);
        foreach (var (name, found) in references)
        {
            foreach (var reference in found)
            {
                reference.Refer(checks.TryGetValue(reference.Name, out var referred)
                    ? referred : throw new PolicyException($"{Where(name)} refers to rule:{reference.Name}, which does not exist{Suggest(reference.Name, checks.Keys)}"));
            }
        }

        var used = references.Values.SelectMany(r => r.Select(c => c.Name)).Concat(alsoUsed).ToHashSet(StringComparer.Ordinal);
        var known = rules.ToDictionary(r => r.Name, StringComparer.Ordinal);
        foreach (var (name, line) in lines.Where(l => !known.ContainsKey(l.Key) && !used.Contains(l.Key)))
            throw new PolicyException($"{source}, line {line}: there is no rule '{name}', and no other refers to it{Suggest(name, known.Keys)}");
        foreach (var name in checks.Keys)
            RefuseCycle(name, references, Where);

        // From here on every walk ends.
        var sizes = new Dictionary<PolicyCheck, (int Depth, long Checks)>(ReferenceEqualityComparer.Instance);
        foreach (var (name, check) in checks)
        {
            var (depth, count) = Measure(check, sizes);
            if (depth > MaximumDepth || count > MaximumChecks)
                throw new PolicyException($"{Where(name)} is too large with all it refers to: {depth} levels and {count} checks, of at most {MaximumDepth} and {MaximumChecks}.");
            if (known.TryGetValue(name, out var rule))
                RefuseUnknownAttributes(rule, check, Where(name));
        }

        return new PolicySet(checks.ToFrozenDictionary(StringComparer.Ordinal));
    }

    public bool Allows(PolicyRule rule, Caller caller, IPolicyTarget target) => _rules[rule.Name].Allows(caller, target);

    /// <summary>By a name that need not be one of the service's own.</summary>
    public bool Allows(string rule, Caller caller, IPolicyTarget target) => _rules[rule].Allows(caller, target);

    public bool Knows(string rule) => _rules.ContainsKey(rule);

    private static PolicyCheck Parse(string text, string where)
    {
        try
        {
            return PolicyParser.Parse(text);
        }
        catch (PolicyException wrong)
        {
            throw new PolicyException($"{where} {wrong.Message}: {PolicyParser.Shorten(text)}");
        }
    }

    private static IEnumerable<RuleCheck> References(PolicyCheck check) => check is RuleCheck reference ? [reference] : check.Parts.SelectMany(References);

    // The rules on the way are kept in a list, not on the stack: a file may chain as many as it likes.
    private static void RefuseCycle(string start, Dictionary<string, List<RuleCheck>> references, Func<string, string> where)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(references[start].Select(r => r.Name));
        while (open.TryPop(out var name))
        {
            if (name == start)
                throw new PolicyException($"{where(start)} refers to itself{(references[start].Any(r => r.Name == start) ? "" : ", by way of others")}.");
            if (!seen.Add(name))
                continue;
            foreach (var reference in references[name])
                open.Push(reference.Name);
        }
    }

    private static (int Depth, long Checks) Measure(PolicyCheck check, Dictionary<PolicyCheck, (int Depth, long Checks)> known)
    {
        // Deeper is refused anyway, and a chain of rules must not exhaust the stack meanwhile.
        var open = new Stack<PolicyCheck>([check]);
        while (open.TryPeek(out var current))
        {
            if (known.ContainsKey(current))
            {
                open.Pop();
                continue;
            }

            var missing = current.Parts.Where(p => !known.ContainsKey(p)).ToList();
            if (missing.Count > 0)
            {
                foreach (var part in missing)
                    open.Push(part);
                continue;
            }

            open.Pop();
            var depth = 1 + current.Parts.Select(p => known[p].Depth).DefaultIfEmpty(0).Max();
            var checks = 1 + current.Parts.Sum(p => known[p].Checks);
            known[current] = (Math.Min(depth, MaximumDepth + 1), Math.Min(checks, MaximumChecks + 1));
        }

        return known[check];
    }

    private static void RefuseUnknownAttributes(PolicyRule rule, PolicyCheck check, string where)
    {
        foreach (var attribute in Attributes(check))
        {
            if (rule.Target.Attributes.Contains(attribute))
                continue;
            throw new PolicyException(rule.Target.Attributes.Count == 0
                ? $"{where} names %({attribute})s, but it judges {rule.Target.Noun}."
                : $"{where} names %({attribute})s, which {rule.Target.Noun} does not have; there are {string.Join(", ", rule.Target.Attributes.Order(StringComparer.Ordinal))}.");
        }
    }

    private static IEnumerable<string> Attributes(PolicyCheck check) => check.Attributes.Concat(check.Parts.SelectMany(Attributes));

    private static string Suggest(string name, IEnumerable<string> names)
    {
        var nearest = names.Select(known => (Name: known, Distance: Distance(name, known))).OrderBy(n => n.Distance).ThenBy(n => n.Name, StringComparer.Ordinal).First();
        return nearest.Distance <= 3 ? $"; did you mean '{nearest.Name}'?" : ".";
    }

    /// <summary>Letters to change, add or leave out; of names whose lengths differ by more than the answer needs, that alone.</summary>
    private static int Distance(string one, string other)
    {
        if (Math.Abs(one.Length - other.Length) > 3)
            return int.MaxValue;
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
