namespace Tintype.DiskFormats.Inspection;

/// <summary>
/// Watches one upload go by and tells whether it is of one format, whether it is safe, and how large its disk is. Fed front to
/// back in pieces of any size; keeps a bounded part of what it saw. Never throws on hostile bytes: it says so in its verdict, which
/// does not depend on how the bytes were cut. The set of formats and the hazards follow oslo.utils' format_inspector.
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
/// <param name="Hazard">Why nobody should ever open it as its format, a clause for the user ("it names a backing file"): refused
/// even as raw, since a program that guesses formats may come across it. Null when safe.</param>
/// <param name="Flaw">Why it cannot be used as its format, a clause; of no concern to whoever takes it for raw. Null when sound.</param>
public sealed record InspectorVerdict(bool Matches, long? VirtualSize, string? Hazard, string? Flaw = null)
{
    public static InspectorVerdict NoMatch { get; } = new(false, null, null);
}
