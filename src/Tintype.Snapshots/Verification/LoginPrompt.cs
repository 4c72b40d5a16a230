using System.Text.RegularExpressions;

namespace Tintype.Snapshots.Verification;

/// <summary>
/// Tells whether a console shows a login prompt. A getty prints the issue, then <c>host login: </c> without a line's end; kernel messages may
/// follow on the same line or after it.
/// </summary>
internal static partial class LoginPrompt
{
    public static bool IsIn(string console) => Prompt().IsMatch(Escape().Replace(console, ""));

    // "debian login: ", "login: ", "tiny login: [   12.3] eth0: link up", "vm login: root (automatic login)"; not "last login: Mon…" nor "systemd-logind".
    [GeneratedRegex(@"^(?!last )(?:[\w.-]+ )?login:(?= ?\r?$| \[ *\d+\.\d+\]| \S+ \(automatic login\))", RegexOptions.Multiline | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Prompt();

    // Colours and cursor movements that a terminal would swallow.
    [GeneratedRegex(@"\e(?:\[[0-9;?]*[ -/]*[@-~]|[()][0-9A-Za-z]|[=>78cDEHM])", RegexOptions.CultureInvariant)]
    private static partial Regex Escape();
}
