using System.ComponentModel.DataAnnotations;
using Tintype.DiskFormats.Inspection;
using Tintype.Images.Data.Hashing;

namespace Tintype.Images.Data;

/// <summary>Section <c>Images</c>.</summary>
internal sealed class ImageDataOptions
{
    /// <summary>The largest image that is taken, in bytes. Glance's image_size_cap, with its default of 1 TiB.</summary>
    [Range(1, long.MaxValue)]
    public long SizeCapBytes { get; set; } = 1L << 40;

    /// <summary>The largest disk that an image's data may tell of, in bytes. 64 TiB by default, where QEMU's formats end.</summary>
    [Range(1, long.MaxValue)]
    public long VirtualSizeCapBytes { get; set; } = InspectionRules.Default.MaximumVirtualSize;

    /// <summary>Whether data must be of its image's disk_format. Glance's require_image_format_match, with its default.</summary>
    public bool RequireFormatMatch { get; set; } = true;

    /// <summary>Whether a partitioned disk's boot sector must be without oddities. Off, it is as Glance with
    /// gpt_safety_checks_nonfatal = mbr.</summary>
    public bool StrictPartitionTables { get; set; } = true;

    /// <summary>How long a client that sends image data may send nothing. Glance's client_socket_timeout, with its default.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ClientIdleTimeout { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How often the store is compared with the database, beside start-up: what a deletion leaves is collected at once.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromHours(1);

    /// <summary>By which algorithm the data of new images is hashed, beside MD5: one of <see cref="HashKind.Choices"/>. Glance's
    /// hashing_algorithm, with its default. Images keep the hash that they have.</summary>
    public string HashAlgorithm { get; set; } = HashKind.Sha512.Name;

    /// <summary>How many bytes a second are read at most of images that are hashed after they have become active; null for as many as can be.</summary>
    [Range(1, long.MaxValue)]
    public long? HashBytesPerSecond { get; set; }

    /// <summary>Of options that are valid.</summary>
    internal HashKind Hash => HashKind.Get(HashAlgorithm);

    internal InspectionRules Inspection => new(VirtualSizeCapBytes)
    {
        RequireMatch = RequireFormatMatch,
        StrictPartitionTables = StrictPartitionTables,
    };
}
