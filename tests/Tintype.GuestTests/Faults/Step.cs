namespace Tintype.GuestTests.Faults;

/// <summary>A moment of a snapshot, by what the server says to the guest's QEMU or agent then.</summary>
/// <param name="Nth">Which of the same name, from 1.</param>
/// <param name="IsAnswered">Whether it has been done, and the server has yet to hear of it; otherwise it has yet to be done.</param>
public readonly record struct Step(string Name, int Nth, bool IsAnswered)
{
    public static IReadOnlyList<Step> Freezing { get; } = Both("guest-fsfreeze-freeze", "transaction", "guest-fsfreeze-thaw");

    /// <summary>In the order in which a snapshot comes to them. What only asks is left out: it makes no difference to anybody.</summary>
    public static IReadOnlyList<Step> All { get; } =
    [
        .. Both("blockdev-create"), .. Both("blockdev-add"), .. Both("blockdev-create", 2), .. Both("blockdev-add", 2), .. Both("nbd-server-start"),
        .. Freezing,
        .. Both("block-export-add"), .. Both("block-export-del"), .. Both("nbd-server-stop"), .. Both("block-job-cancel"),
        // The first two ended the making of the fleece.
        .. Both("job-dismiss", 3), .. Both("blockdev-del"), .. Both("blockdev-del", 2), .. Both("block-dirty-bitmap-remove"),
    ];

    /// <summary>For what strikes at anything but the server: to all others, the answer to one command and the next command are the same moment.</summary>
    public static IReadOnlyList<Step> Asked { get; } = [.. All.Where(step => !step.IsAnswered)];

    public override string ToString() => $"{(IsAnswered ? "after" : "before")} {Name}{(Nth > 1 ? $" {Nth}" : "")}";

    private static Step[] Both(params string[] names) => [.. names.SelectMany(name => Both(name, 1))];

    private static Step[] Both(string name, int nth) => [new(name, nth, IsAnswered: false), new(name, nth, IsAnswered: true)];
}
