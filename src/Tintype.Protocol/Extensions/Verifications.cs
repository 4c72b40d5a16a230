namespace Tintype.Protocol.Extensions;

/// <summary>What boot &amp; test found: <c>GET /tintype/v1/images/{id}/verification</c>.</summary>
/// <param name="TaskId">The task that does or did it.</param>
/// <param name="Verdict">running, passed or failed.</param>
/// <param name="Reached">How far the guest came: agent, login prompt, nothing; null while it runs.</param>
/// <param name="Reason">Why it failed; null unless it did.</param>
/// <param name="SecondsToVerdict">From the guest's start; null while it runs.</param>
/// <param name="ConsoleLog">Where the guest's console log is; null if there is none.</param>
/// <param name="Screenshot">Where the picture of the guest's screen at the verdict is (PNG); null if there is none.</param>
public sealed record VerificationView(
    Guid ImageId, Guid TaskId, string Verdict, string? Reached, string? Reason, string StartedAt, string? FinishedAt, double? SecondsToVerdict,
    string? ConsoleLog, string? Screenshot);
