namespace Tintype.DiskFormats.Inspection;

/// <summary>
/// Watches one upload go by and tells whether it is of one format, whether it is safe, and how large its disk is. Fed front to
/// back in pieces of any size; keeps a bounded part of what it saw. Never throws on hostile bytes: it says so in its verdict.
/// The set of formats and the checks follow oslo.utils' format_inspector.
/// </summary>
public interface IFormatInspector
{
    /// <summary>The format's name as Glance's disk_format has it: qcow2, vmdk.</summary>
    string Format { get; }

    /// <summary>Takes the next bytes.</summary>
    void Feed(ReadOnlySpan<byte> bytes);

    /// <summary>What is known after the last byte.</summary>
    InspectorVerdict Finish();
}

/// <summary>What one inspector says of a stream.</summary>
/// <param name="Matches">Whether the bytes are of the inspector's format.</param>
/// <param name="VirtualSize">The size of the disk inside, in bytes; null when it does not match or does not say.</param>
/// <param name="Hazard">Why it must not be used, a clause for the user ("it names a backing file"); null when safe.</param>
public sealed record InspectorVerdict(bool Matches, long? VirtualSize, string? Hazard)
{
    public static InspectorVerdict NoMatch { get; } = new(false, null, null);
}
