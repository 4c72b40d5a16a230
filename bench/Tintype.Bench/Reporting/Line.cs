using System.Globalization;

namespace Tintype.Bench.Reporting;

/// <summary>A promise about speed and what has come of it.</summary>
/// <param name="What">What is compared.</param>
/// <param name="Ours">Tintype's figure, with its unit.</param>
/// <param name="Theirs">That of whoever it is compared with, and who that is.</param>
/// <param name="Ratio">Ours to theirs; where the bound is no ratio, the figure itself.</param>
/// <param name="Bound">Null where nothing is promised: it is measured to be known.</param>
internal sealed record Line(string What, string Ours, string Theirs, double Ratio, Bound? Bound)
{
    public bool Holds => Bound?.Holds(Ratio) ?? true;
}

/// <param name="AtLeast">Whether less breaks it; otherwise more does.</param>
/// <param name="Unit">Of the limit; empty where it is a ratio.</param>
/// <param name="Digits">Behind the point.</param>
internal sealed record Bound(bool AtLeast, double Limit, string Unit, int Digits)
{
    public static Bound Least(double ratio) => new(true, ratio, "", 2);

    public static Bound Most(double ratio) => new(false, ratio, "", ratio < 0.1 ? 4 : 2);

    public static Bound MostMebibytes(double limit) => new(false, limit, " MiB", 0);

    public static Bound MostMilliseconds(double limit) => new(false, limit, " ms", 0);

    public bool Holds(double value) => AtLeast ? value >= Limit : value <= Limit;

    public string Show(double value) => value.ToString($"F{Digits}", CultureInfo.InvariantCulture) + Unit;

    public override string ToString() => (AtLeast ? "≥ " : "≤ ") + Show(Limit);
}
