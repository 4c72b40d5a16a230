using System.Globalization;

namespace Tintype.Bench;

/// <summary>What is measured, and how long.</summary>
/// <param name="Names">Groups of lines; empty: all.</param>
/// <param name="Rounds">How often each contestant runs; the figures are medians.</param>
/// <param name="Scale">1: the sizes that the lines are about; larger: sizes and times divided by it, for a look.</param>
/// <param name="Full">Whether a full disk is among those whose size is not to matter: it takes 60 GB of room and minutes.</param>
/// <param name="Write">A file whose table is replaced by this run's; null: nothing is written.</param>
internal sealed record BenchOptions(IReadOnlyList<string> Names, int Rounds, int Scale, bool Full, string? Write)
{
    public static IReadOnlyList<string> Groups { get; } = ["upload", "download", "list", "cycle", "memory", "ingest", "snapshot", "disksize", "series"];

    public static string Usage => $"""
        usage: ./dev bench [--quick] [--rounds N] [--full] [--write FILE] [NAMES]
          NAMES           which lines, of: {string.Join(' ', Groups)} (default: all)
          --quick         an eighth of the sizes, one round: a look, no figures
          --rounds N      how often each side runs, alternating; the figures are medians (default 3)
          --full          disksize: also on a full disk of 20 GiB, which takes 60 GB of room and ten minutes
          --write FILE    puts the table into FILE, between its marks (docs/performance.md)
        """;

    /// <exception cref="FormatException">An option or a name is unknown, or has a wrong value.</exception>
    public static BenchOptions Parse(IReadOnlyList<string> args)
    {
        var options = new BenchOptions([], 3, 1, false, null);
        int? rounds = null;
        for (var i = 0; i < args.Count; i++)
        {
            options = args[i] switch
            {
                "--quick" => options with { Scale = 8, Rounds = 1 },
                "--full" => options with { Full = true },
                "--write" => options with { Write = Path.GetFullPath(Value(args, ref i)) },
                "--rounds" => options with { Rounds = (rounds = Number(Value(args, ref i))).Value },
                var name when Groups.Contains(name) => options with { Names = [.. options.Names, name] },
                var other => throw new FormatException($"'{other}' is neither an option nor one of {string.Join(", ", Groups)}."),
            };
        }

        return options with { Rounds = rounds ?? options.Rounds };
    }

    public bool Wants(string group) => Names.Count == 0 || Names.Contains(group);

    private static string Value(IReadOnlyList<string> args, ref int at) =>
        ++at < args.Count ? args[at] : throw new FormatException($"{args[at - 1]} needs a value.");

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 100
            ? number : throw new FormatException($"--rounds takes a number from 1 to 100, not '{text}'.");
}
