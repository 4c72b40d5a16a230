using System.ComponentModel.DataAnnotations;

namespace Tintype.Snapshots.Capture;

/// <summary>Limits of a snapshot, and what comes of it; section <c>Snapshots:Capture</c> of the configuration.</summary>
internal sealed class CaptureOptions
{
    public const string Section = "Snapshots:Capture";

    /// <summary>How long the preflight waits for the guest agent; the user's request waits with it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan AgentAnswersWithin { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the guest may take to sync and freeze. A slow disk with much unwritten data needs seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan FreezeWithin { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the guest may stay frozen before the watchdog thaws it whatever happens.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan ThawWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many bytes a second are read of guests' disks at most, by all snapshots together; null for as many as can be.</summary>
    [Range(1024 * 1024, long.MaxValue)]
    public long? BytesPerSecond { get; init; }

    /// <summary>raw or qcow2, for all snapshots: Nova's snapshot_image_format. Null for the format that a server's image has, as far as it is one of the two.</summary>
    [RegularExpression("raw|qcow2", ErrorMessage = "Snapshots:Capture:SnapshotFormat must be raw or qcow2, or not be set.")]
    public string? SnapshotFormat { get; init; }
}
