namespace Tintype.Compute.Servers;

/// <summary>Nova's vm_state, as far as it occurs here.</summary>
public enum VmState
{
    Building,
    Active,
    Stopped,
    Error,
    Deleted,
}

/// <summary>How the guest last came to its end: <c>offline</c> is said only of a snapshot of a guest that shut itself down.</summary>
public enum LastStop
{
    /// <summary>It has not been stopped since it last started.</summary>
    None,

    /// <summary>Its own operating system powered off.</summary>
    Clean,

    /// <summary>The plug was pulled: forced off after the time-out, killed, or its process died.</summary>
    Crash,
}

/// <summary>A server as other rooms see it.</summary>
/// <param name="TaskState">Nova's task_state (image_snapshot_pending, powering-off, …) or null.</param>
/// <param name="ImageId">The image it was made from; that may be gone.</param>
/// <param name="ImageProperties">The custom properties that the image had then, <c>tintype_*</c> left out, and
/// owner_project_name, owner_user_name and boot_roles of who made the server (Nova keeps all of them as system metadata).</param>
/// <param name="ImageDiskFormat">The image's disk_format then.</param>
/// <param name="ImageMinDisk">GiB, the image's min_disk then.</param>
/// <param name="ImageMinRam">MiB, the image's min_ram then.</param>
/// <param name="RootDisk">GiB, of the flavor.</param>
/// <param name="Directory">Where its overlay, sockets and console log are.</param>
public sealed record ServerRecord(
    Guid Id, string Name, string ProjectId, string UserId, VmState State, string? TaskState, LastStop LastStop, Guid ImageId,
    IReadOnlyDictionary<string, string> ImageProperties, string ImageDiskFormat, int ImageMinDisk, int ImageMinRam,
    int Memory, int Vcpus, int RootDisk, string Directory, uint IsolationUid);
