namespace Tintype.Snapshots.Capture;

/// <summary>Nova's task states of a server that is being snapshotted, in their order.</summary>
internal static class TaskStates
{
    public const string Pending = "image_snapshot_pending";

    public const string Capturing = "image_snapshot";

    public const string Captured = "image_pending_upload";

    public const string Uploading = "image_uploading";
}
