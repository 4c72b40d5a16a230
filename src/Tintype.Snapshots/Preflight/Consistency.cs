namespace Tintype.Snapshots.Preflight;

/// <summary>In what state a snapshot finds the guest's file systems; kept on the image as <c>tintype_consistency</c>.</summary>
internal enum Consistency
{
    /// <summary>The guest had shut itself down.</summary>
    Offline,

    /// <summary>The guest ran, its file systems were frozen at the point in time: nothing is to be recovered.</summary>
    Filesystem,

    /// <summary>As after a power cut: journals are replayed at the next boot, unsynced data is lost.</summary>
    Crash,
}

internal static class ConsistencyWords
{
    public static string ToWord(this Consistency consistency) => consistency switch
    {
        Consistency.Offline => "offline",
        Consistency.Filesystem => "filesystem",
        _ => "crash",
    };

    public static Consistency Parse(string word) => word switch
    {
        "offline" => Consistency.Offline,
        "filesystem" => Consistency.Filesystem,
        "crash" => Consistency.Crash,
        _ => throw new FormatException($"'{word}' is no consistency; offline, filesystem and crash are."),
    };
}
