using System.Globalization;

namespace Tintype.TestSupport;

/// <summary>How often a fault test strikes: a few seeded times in <c>./dev test</c>, many in <c>./dev soak</c>.</summary>
public static class Soak
{
    /// <summary>Whether every case of a matrix is to be met once, instead of a few.</summary>
    public static bool IsFull => Rounds(0) > 0;

    /// <param name="usual">The number of rounds in <c>./dev test</c>.</param>
    public static int Rounds(int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable("TINTYPE_SOAK_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) && rounds > 0
            ? rounds : usual;
}
