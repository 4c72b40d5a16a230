namespace Tintype.Snapshots.Verification;

internal enum Verdict
{
    Running,
    Passed,
    Failed,
}

/// <summary>How far a guest came before the verdict.</summary>
internal enum BootMilestone
{
    Nothing,
    LoginPrompt,
    Agent,
}

/// <summary>What a trial boot ended with.</summary>
/// <param name="Reason">Why it failed, a sentence; null if it passed.</param>
/// <param name="Took">From the guest's start.</param>
internal sealed record BootOutcome(BootMilestone Reached, string? Reason, TimeSpan Took)
{
    public Verdict Verdict => Reached == BootMilestone.Nothing ? Verdict.Failed : Verdict.Passed;
}

/// <summary>The newest boot &amp; test of an image, as the database has it.</summary>
internal sealed record VerificationRecord(
    Guid ImageId, Guid TaskId, Verdict Verdict, BootMilestone? Reached, string? Reason, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, TimeSpan? Took);

internal static class VerdictWords
{
    /// <summary>Also the value of <c>tintype_verified</c>.</summary>
    public static string ToWord(this Verdict verdict) => verdict switch
    {
        Verdict.Running => "running",
        Verdict.Passed => "passed",
        _ => "failed",
    };

    public static string ToWord(this BootMilestone milestone) => milestone switch
    {
        BootMilestone.Agent => "agent",
        BootMilestone.LoginPrompt => "login prompt",
        _ => "nothing",
    };

    public static Verdict ParseVerdict(string word) => Enum.Parse<Verdict>(word, ignoreCase: true);

    public static BootMilestone ParseMilestone(string word) => word switch
    {
        "agent" => BootMilestone.Agent,
        "login prompt" => BootMilestone.LoginPrompt,
        "nothing" => BootMilestone.Nothing,
        _ => throw new FormatException($"'{word}' is no milestone of a boot."),
    };
}
