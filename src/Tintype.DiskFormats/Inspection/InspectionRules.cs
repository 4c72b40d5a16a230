namespace Tintype.DiskFormats.Inspection;

/// <summary>What an operator may decide about inspection.</summary>
/// <param name="MaximumVirtualSize">The largest disk that is accepted, in bytes: a header can claim petabytes for nothing.</param>
public sealed record InspectionRules(long MaximumVirtualSize)
{
    /// <summary>64 TiB, beyond which QEMU's formats end too; what is declared must be found; partition tables must be sound.</summary>
    public static InspectionRules Default { get; } = new(1L << 46);

    /// <summary>Whether data must be of the declared format. Glance's require_image_format_match.</summary>
    public bool RequireMatch { get; init; } = true;

    /// <summary>Whether a boot sector must hold a partition table without oddities. Off, it is as Glance with
    /// gpt_safety_checks_nonfatal = mbr.</summary>
    public bool StrictPartitionTables { get; init; } = true;

    /// <summary>Whether raw data may hold anything at all. For disks that this system itself only ever opens as raw: what a guest
    /// writes into its disk must not make a snapshot of it impossible.</summary>
    public bool RawMayBeAnything { get; init; }
}
