using System.ComponentModel.DataAnnotations;

namespace Tintype.Images.Uploads;

/// <summary>Section <c>Images:Uploads</c>: resumable uploads.</summary>
internal sealed class UploadOptions
{
    /// <summary>For so long an upload is kept after its last progress, and its state after its end.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How often it is looked for what has expired.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>A client that has sent nothing for so long has gone, though its connection may not know: another may go on with the upload then.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Uploads whose hashes are kept in memory between two requests. The data of others is read again when they go on.</summary>
    [Range(0, 100_000)]
    public int DigestsKept { get; set; } = 64;

    /// <summary>Bytes after which the progress of a running request is made durable: what a crash costs at most.</summary>
    [Range(1 << 20, 1L << 40)]
    public long CheckpointBytes { get; set; } = 64L << 20;
}
