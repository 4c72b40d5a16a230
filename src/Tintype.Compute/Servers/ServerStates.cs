using Tintype.Platform.Http;

namespace Tintype.Compute.Servers;

/// <summary>Nova's task states, as far as they occur here.</summary>
internal static class TaskStates
{
    public const string Scheduling = "scheduling";
    public const string Spawning = "spawning";
    public const string PoweringOn = "powering-on";
    public const string PoweringOff = "powering-off";
    public const string Rebooting = "rebooting";
    public const string RebootingHard = "rebooting_hard";
    public const string Deleting = "deleting";
}

/// <summary>What states mean to the client, and which operation may begin in which; after Nova's tables.</summary>
internal static class ServerStates
{
    public static string Word(VmState state) => state.ToString().ToLowerInvariant();

    public static VmState Parse(string word) => Enum.Parse<VmState>(word, ignoreCase: true);

    /// <summary>The <c>status</c> that clients see.</summary>
    public static string StatusOf(VmState state, string? taskState) => (state, taskState) switch
    {
        (VmState.Active, TaskStates.Rebooting) => "REBOOT",
        (VmState.Active, TaskStates.RebootingHard) => "HARD_REBOOT",
        (VmState.Active, _) => "ACTIVE",
        (VmState.Building, _) => "BUILD",
        (VmState.Stopped, _) => "SHUTOFF",
        (VmState.Deleted, _) => "DELETED",
        _ => "ERROR",
    };

    /// <summary>Every status that a server can have, and a filter may ask for.</summary>
    public static IReadOnlyList<string> Statuses { get; } = ["ACTIVE", "BUILD", "SHUTOFF", "ERROR", "REBOOT", "HARD_REBOOT", "DELETED"];

    /// <summary>Nova's power_state: 0 no state, 1 running, 4 shut down.</summary>
    public static int PowerOf(VmState state, bool running) => running ? 1 : state == VmState.Building ? 0 : 4;

    /// <summary>The action's name in Nova's sentence about a state that does not allow it, told by the task state it would set.</summary>
    public static string ActionOf(string taskState) => taskState switch
    {
        TaskStates.PoweringOn => "start",
        TaskStates.PoweringOff => "stop",
        TaskStates.Rebooting or TaskStates.RebootingHard => "reboot",
        TaskStates.Deleting => "delete",
        _ when taskState.StartsWith("image_backup", StringComparison.Ordinal) => "createBackup",
        _ when taskState.StartsWith("image_", StringComparison.Ordinal) => "createImage",
        _ => taskState,
    };

    /// <summary>Why an operation may not begin: the wrong state first, then the operation that is under way.</summary>
    public static Fault Conflict(string action, Guid id, VmState state, string? taskState, IReadOnlyCollection<VmState> allowed) =>
        Fault.Conflict(allowed.Contains(state)
            ? $"Cannot '{action}' instance {id} while it is in task_state {taskState}"
            : $"Cannot '{action}' instance {id} while it is in vm_state {Word(state)}");
}
