using Tintype.Compute.Servers;

namespace Tintype.Snapshots.Preflight;

/// <summary>What a snapshot finds before it touches anything.</summary>
/// <param name="Running">Whether the server has a running guest.</param>
/// <param name="LastStop">How the guest last ended; of meaning only when none is running.</param>
/// <param name="AgentChannel">Whether the running guest has a channel to its agent.</param>
/// <param name="AgentAnswers">Whether the agent answered in time.</param>
/// <param name="QuiesceRequired"><c>os_require_quiesce</c> of the server's image.</param>
internal sealed record PreflightFindings(bool Running, LastStop LastStop, bool AgentChannel, bool AgentAnswers, bool QuiesceRequired);

internal enum PreflightVerdict
{
    Go,

    /// <summary>Quiescing is required, and the guest has no channel to an agent.</summary>
    NoAgentChannel,

    /// <summary>Quiescing is required, and the agent does not answer.</summary>
    AgentSilent,
}

/// <summary>Decides whether a snapshot may be taken, and which consistency it can promise.</summary>
internal static class PreflightRules
{
    public static PreflightVerdict Judge(PreflightFindings found) => found switch
    {
        { Running: false } or { QuiesceRequired: false } or { AgentAnswers: true } => PreflightVerdict.Go,
        { AgentChannel: false } => PreflightVerdict.NoAgentChannel,
        _ => PreflightVerdict.AgentSilent,
    };

    /// <summary>What the snapshot will be if nothing goes wrong on the way.</summary>
    public static Consistency Expect(PreflightFindings found) => found switch
    {
        { Running: true, AgentAnswers: true } => Consistency.Filesystem,
        { Running: true } => Consistency.Crash,
        { LastStop: LastStop.Clean } => Consistency.Offline,
        // Forced off, or nobody saw it end: what was not synced is lost, and the journal is dirty.
        _ => Consistency.Crash,
    };

    /// <summary>Nova's reading of a boolean image property (oslo's <c>bool_from_string</c>): these words are true, all else is false.</summary>
    public static bool IsYes(IReadOnlyDictionary<string, string> properties, string name) =>
        properties.TryGetValue(name, out var value) && value.Trim().ToLowerInvariant() is ("1" or "t" or "true" or "on" or "y" or "yes");
}
