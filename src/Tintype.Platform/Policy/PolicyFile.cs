using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Tintype.Platform.Policy;

/// <summary>
/// An operator's policy file as oslo.policy has it, YAML or JSON:
/// <code>
/// # who may make an image public
/// "publicize_image": "role:admin or role:publisher"
/// </code>
/// Read event by event, since a tree of it could be as deep as its author pleases.
/// </summary>
public static class PolicyFile
{
    public const int MaximumRules = 1000;

    /// <exception cref="PolicyException">The file is not there, or is no list of rules; names the line.</exception>
    public static IReadOnlyList<PolicyOverride> Read(string path)
    {
        try
        {
            using var file = File.OpenText(path);
            return Parse(file, path);
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            throw new PolicyException($"The policy file {path} cannot be read: {missing.Message}");
        }
    }

    internal static IReadOnlyList<PolicyOverride> Parse(TextReader text, string path)
    {
        var rules = new List<PolicyOverride>();
        var yaml = new Parser(text);
        try
        {
            yaml.Consume<StreamStart>();
            // Nothing, or nothing but comments: the defaults.
            if (yaml.Accept<StreamEnd>(out _))
                return rules;
            yaml.Consume<DocumentStart>();
            if (yaml.TryConsume<Scalar>(out var lone))
                return lone.Value.Length == 0 && lone.Style == ScalarStyle.Plain ? rules : throw NotRules(path, lone.Start.Line);
            if (!yaml.TryConsume<MappingStart>(out _))
                throw NotRules(path, yaml.Current!.Start.Line);
            while (!yaml.TryConsume<MappingEnd>(out _))
            {
                if (!yaml.TryConsume<Scalar>(out var name))
                    throw NotRules(path, yaml.Current!.Start.Line);
                rules.Add(new PolicyOverride(name.Value, Check(yaml, name.Value, path), (int)name.Start.Line));
                if (rules.Count > MaximumRules)
                    throw new PolicyException($"{path}, line {name.Start.Line}: there are more than {MaximumRules} rules.");
            }

            yaml.Consume<DocumentEnd>();
            if (!yaml.TryConsume<StreamEnd>(out _))
                throw new PolicyException($"{path}, line {yaml.Current!.Start.Line}: a second document begins; all rules stand in one.");
            return rules;
        }
        catch (YamlException malformed)
        {
            throw NotYaml(path, malformed.Start.Line, malformed);
        }
        catch (Exception malformed) when (malformed is ArgumentException or (InvalidOperationException and not PolicyException))
        {
            // What the reader says of some documents that break off, and of some tags, as if it were its caller's mistake.
            throw NotYaml(path, yaml.Current?.Start.Line ?? 1, malformed);
        }
    }

    private static string Check(Parser yaml, string name, string path)
    {
        var line = yaml.Current!.Start.Line;
        if (!yaml.TryConsume<Scalar>(out var check))
            throw new PolicyException($"{path}, line {line}: the rule '{name}' is not a string; lists and references of YAML are not read, a rule is written \"role:admin or role:member\".");
        // An unquoted ! is YAML's own, and nothing at all would allow everybody.
        if (check.Style == ScalarStyle.Plain && (check.Value.Length == 0 || check.Value is "null" or "~"))
            throw new PolicyException($"{path}, line {line}: the rule '{name}' has no value; write \"!\" to allow nobody, \"@\" to allow everybody.");
        return check.Value;
    }

    private static PolicyException NotYaml(string path, long line, Exception malformed) => new(
        $"{path}, line {line}: {malformed.Message.TrimEnd('.')}; the file is YAML, with a line such as \"get_images\": \"role:reader\" for each rule.");

    private static PolicyException NotRules(string path, long line) =>
        new($"{path}, line {line}: the file must be a list of rules, each written as \"get_images\": \"role:reader\".");
}
