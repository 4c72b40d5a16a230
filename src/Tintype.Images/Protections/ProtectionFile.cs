using System.Text.RegularExpressions;

namespace Tintype.Images.Protections;

/// <summary>One section of the file: names of properties, and to whom each operation is allowed.</summary>
/// <param name="Words">Roles, or the name of one policy rule; <c>@</c> everybody, <c>!</c> nobody. None: nobody.</param>
internal sealed record ProtectionSection(Regex Names, IReadOnlyDictionary<PropertyOperation, IReadOnlyList<string>> Words);

/// <summary>
/// Reads a property protections file as Glance has it:
/// <code>
/// # the licence is the vendor's affair, and everybody may know it
/// [^license_.*]
/// create = admin, vendor
/// read = @
/// update = admin, vendor
/// delete = !
/// </code>
/// A section's name is a regular expression that is sought anywhere in a property's name. What Glance would let pass, and then do
/// something else than was meant, is refused: words that are no operation, sections and operations that come twice.
/// </summary>
internal static partial class ProtectionFile
{
    public const int MaximumSections = 1000;

    private static readonly PropertyOperation[] _operations = Enum.GetValues<PropertyOperation>();

    /// <param name="policies">Whether each operation names one policy rule rather than roles.</param>
    /// <exception cref="ProtectionException">Names the line.</exception>
    public static IReadOnlyList<ProtectionSection> Read(string path, bool policies)
    {
        try
        {
            return Parse(File.ReadAllLines(path), path, policies);
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            throw new ProtectionException($"The property protections file {path} cannot be read: {missing.Message}");
        }
    }

    /// <summary>The rules of the policy that the sections name.</summary>
    public static IReadOnlyCollection<string> PoliciesOf(IReadOnlyList<ProtectionSection> sections) =>
        [.. sections.SelectMany(s => s.Words.Values).SelectMany(words => words).Where(word => word is not ("@" or "!")).Distinct(StringComparer.Ordinal)];

    internal static IReadOnlyList<ProtectionSection> Parse(IReadOnlyList<string> lines, string path, bool policies)
    {
        var sections = new List<ProtectionSection>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        Draft? open = null;
        for (var at = 0; at < lines.Count; at++)
        {
            var line = lines[at].Trim();
            if (line.Length == 0 || line[0] is '#' or ';')
                continue;
            var where = $"{path}, line {at + 1}";
            if (line[0] == '[')
            {
                open?.AddTo(sections, path);
                open = new Draft(SectionName(line, where), at + 1);
                if (!names.Add(open.Name))
                    throw new ProtectionException($"{where}: there is a section [{open.Name}] already, and only the first that matches counts.");
                if (names.Count > MaximumSections)
                    throw new ProtectionException($"{where}: there are more than {MaximumSections} sections.");
                continue;
            }

            // Python's reader takes an indented line for more of the one above.
            if (char.IsWhiteSpace(lines[at][0]))
                throw new ProtectionException($"{where}: an indented line goes on with the one above; write all of it in one line.");
            if (open is null)
                throw new ProtectionException($"{where}: '{line}' stands before the first section; a section begins with a line such as [^license_.*].");
            open.Add(Operation(line, where, policies), where);
        }

        open?.AddTo(sections, path);
        return sections.Count > 0 ? sections : throw new ProtectionException($"{path}: there is no section, and without one no property could be read or written.");
    }

    private static string SectionName(string line, string where) => line[^1] == ']' && line.Length > 2
        ? line[1..^1]
        : throw new ProtectionException($"{where}: '{line}' is no section; it is written [REGULAR EXPRESSION], and nothing after it.");

    private static (PropertyOperation Operation, IReadOnlyList<string> Words) Operation(string line, string where, bool policies)
    {
        var parts = Assignment.Match(line);
        if (!parts.Success)
            throw new ProtectionException($"{where}: '{line}' is no assignment such as read = admin, member.");
        var word = parts.Groups["name"].Value;
        var operation = Array.FindIndex(_operations, o => o.ToString().Equals(word, StringComparison.OrdinalIgnoreCase));
        if (operation < 0)
            throw new ProtectionException($"{where}: '{word}' is no operation; there are create, read, update and delete.");
        var words = parts.Groups["words"].Value.Split(',', StringSplitOptions.TrimEntries).ToList();
        if (words is [""])
            return (_operations[operation], []);
        if (words.Contains(""))
            throw new ProtectionException($"{where}: a name is missing beside a comma.");
        if (words.Count > 1 && policies)
            throw new ProtectionException($"{where}: {word} names several policy rules; join them in the policy file, and name that one here.");
        if (words.Contains("@") && words.Contains("!"))
            throw new ProtectionException($"{where}: {word} is allowed to everybody (@) and to nobody (!) at once.");
        return (_operations[operation], words);
    }

    /// <summary>A section whose end has not come yet.</summary>
    private sealed record Draft(string Name, int Line)
    {
        private readonly Dictionary<PropertyOperation, IReadOnlyList<string>> _words = [];

        public void Add((PropertyOperation Operation, IReadOnlyList<string> Words) line, string where)
        {
            if (!_words.TryAdd(line.Operation, line.Words))
                throw new ProtectionException($"{where}: the section [{Name}] says twice who may {line.Operation.ToString().ToLowerInvariant()}.");
        }

        public void AddTo(List<ProtectionSection> sections, string path)
        {
            var missing = _operations.Where(o => !_words.ContainsKey(o)).Select(o => o.ToString().ToLowerInvariant()).ToList();
            if (missing.Count > 0)
                throw new ProtectionException($"{path}, line {Line}: the section [{Name}] does not say who may {string.Join(", ", missing)}; write ! for nobody.");
            sections.Add(new ProtectionSection(Compile(path), _words));
        }

        private Regex Compile(string path)
        {
            try
            {
                // Bounded whatever the name: no backtracking.
                return new Regex(Name, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            }
            catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
            {
                throw new ProtectionException($"{path}, line {Line}: [{Name}] is no regular expression that can be used here (neither are look-arounds and back-references): {wrong.Message}");
            }
        }
    }

    [GeneratedRegex("^(?<name>[^=:]*?)\\s*[=:]\\s*(?<words>.*)$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Assignment { get; }
}

/// <summary>Property protections that cannot be used. The message says what is wrong in which line, and what would be right.</summary>
internal sealed class ProtectionException(string message) : InvalidOperationException(message);
