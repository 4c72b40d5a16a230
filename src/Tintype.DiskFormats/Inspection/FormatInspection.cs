using Tintype.DiskFormats.Gpt;
using Tintype.DiskFormats.Iso;
using Tintype.DiskFormats.Luks;
using Tintype.DiskFormats.Qcow2;
using Tintype.DiskFormats.Qed;
using Tintype.DiskFormats.Vdi;
using Tintype.DiskFormats.Vhd;
using Tintype.DiskFormats.Vhdx;
using Tintype.DiskFormats.Vmdk;

namespace Tintype.DiskFormats.Inspection;

/// <summary>The one verdict about an upload.</summary>
/// <param name="Format">The format that the data is in, as far as it is known here; <c>raw</c> when it has no structure that is;
/// several with " and " between them when it could be read as each.</param>
/// <param name="VirtualSize">Bytes of the disk inside; null when the declared format cannot be read here, or does not say.</param>
/// <param name="Refusal">Why the data must not be used as what it was declared, a sentence for the user; null when it may.</param>
public sealed record FormatFinding(string Format, long? VirtualSize, string? Refusal);

/// <summary>
/// Compares what an upload is declared to be with what it is, while it goes by. Glance's rules (its location.py, set_data): what is
/// declared raw may be of any one format, as long as that is safe, and its size is that of the bytes; everything else must be what
/// it is called, safe, and sound. Data that could be read as two formats is refused, but for a disc with a partition table, and a
/// fixed VHD, whose first bytes are the disk's own. A format of which nothing is known here passes, unless the data is of one that is.
/// </summary>
public sealed class FormatInspection
{
    private const string Raw = "raw";
    private const string Partitioned = "gpt";

    private readonly string _declared;
    private readonly bool _wrapped;
    private readonly InspectionRules _rules;
    private readonly IFormatInspector[] _inspectors;
    private long _length;

    /// <param name="declared">The image's disk_format.</param>
    /// <param name="wrapped">Whether the disk may lie in a container, an OVA for example: then its format does not show, but what
    /// does show must still be safe, since a reader may go by disk_format alone.</param>
    /// <param name="rules">What the operator decided; <see cref="InspectionRules.Default"/> if null.</param>
    public FormatInspection(string declared, bool wrapped = false, InspectionRules? rules = null)
        : this(declared, wrapped, rules ?? InspectionRules.Default, new Qcow2Inspector(), new VmdkInspector(), new VhdInspector(),
            new VhdxInspector(), new VdiInspector(), new QedInspector(), new IsoInspector(), new LuksInspector(),
            new GptInspector((rules ?? InspectionRules.Default).StrictPartitionTables))
    {
    }

    internal FormatInspection(string declared, bool wrapped, InspectionRules rules, params IFormatInspector[] inspectors)
    {
        _declared = declared;
        _wrapped = wrapped;
        _rules = rules;
        _inspectors = inspectors;
    }

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        _length += bytes.Length;
        foreach (var inspector in _inspectors)
            inspector.Feed(bytes);
    }

    public FormatFinding Finish()
    {
        // Nova registers a server that boots from a volume as an image without data, of whatever format.
        if (_length == 0)
            return new FormatFinding(Raw, 0, null);
        var matches = _inspectors.Select(inspector => (inspector.Format, Verdict: inspector.Finish())).Where(match => match.Verdict.Matches).ToList();
        Settle(matches, _declared);
        var found = matches.Count == 0 ? Raw : string.Join(" and ", matches.Select(match => match.Format));
        if (_wrapped && found != _declared)
            return new FormatFinding(found, null, null);
        if (_declared == Raw && (_wrapped || _rules.RawMayBeAnything))
            return new FormatFinding(found, _wrapped ? null : _length, null);
        var hazard = matches.Find(match => match.Verdict.Hazard is not null).Verdict?.Hazard;
        if (_declared != Raw && found == _declared)
            return OfDeclaredFormat(matches[0].Verdict);
        if (Mismatch(found, matches.Count) is { } mismatch && _rules.RequireMatch)
            return new FormatFinding(found, null, mismatch);
        return new FormatFinding(found, _declared == Raw ? _length : null, hazard is null ? null : Unsafe(found, hazard));
    }

    /// <summary>Leaves one of two formats where they lie in each other by their nature.</summary>
    private static void Settle(List<(string Format, InspectorVerdict Verdict)> matches, string declared)
    {
        if (matches.Count != 2 || !matches.Exists(match => match.Format == Partitioned))
            return;
        // A disc that also boots as a disk has a partition table in its system area.
        if (matches.Exists(match => match.Format == "iso"))
            matches.RemoveAll(match => match.Format == Partitioned);
        // A fixed VHD is a disk, which may be partitioned, and a footer, which is of no concern to whoever takes it for raw.
        else if (matches.Exists(match => match.Format == "vhd"))
            matches.RemoveAll(match => match.Format == (declared == "vhd" ? Partitioned : "vhd"));
    }

    private FormatFinding OfDeclaredFormat(InspectorVerdict verdict)
    {
        var reason = verdict.Hazard ?? verdict.Flaw ?? (verdict.VirtualSize > _rules.MaximumVirtualSize
            ? $"its disk has {verdict.VirtualSize} bytes, more than {_rules.MaximumVirtualSize}" : null);
        return new FormatFinding(_declared, verdict.VirtualSize, reason is null ? null : $"Image failed safety checks: {reason}.");
    }

    private string? Mismatch(string found, int formats)
    {
        if (formats > 1)
            return $"The image is declared as {_declared}, but its data could be read as {found}. Convert it into a file that is of one format alone.";
        if (_declared == Raw || (found == Raw && !Array.Exists(_inspectors, inspector => inspector.Format == _declared)))
            return null;
        return found switch
        {
            Raw => $"The image is declared as {_declared}, but its data is not of this format. Set disk_format to what the data is (raw, if it is a plain disk), or convert the data.",
            Partitioned => $"The image is declared as {_declared}, but its data is a plain disk with partitions. Set disk_format to raw, or convert the data.",
            _ => $"The image is declared as {_declared}, but its data is {found}. Set disk_format to what the data is, or convert the data.",
        };
    }

    private string Unsafe(string found, string hazard) => found == Partitioned
        ? $"Image failed safety checks: {hazard}."
        : $"Image failed safety checks: it is declared as {_declared}, but is {found}, and {hazard}.";
}
