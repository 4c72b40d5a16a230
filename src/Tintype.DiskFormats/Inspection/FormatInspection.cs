using Tintype.DiskFormats.Qcow2;
using Tintype.DiskFormats.Vmdk;

namespace Tintype.DiskFormats.Inspection;

/// <summary>The one verdict about an upload.</summary>
/// <param name="Format">The format that the data is in, as far as it is known here; <c>raw</c> when it has no structure that is.</param>
/// <param name="VirtualSize">Bytes of the disk inside; null when the declared format cannot be read here.</param>
/// <param name="Refusal">Why the data must not be used as what it was declared, a sentence for the user; null when it may.</param>
public sealed record FormatFinding(string Format, long? VirtualSize, string? Refusal);

/// <summary>
/// Compares what an upload is declared to be with what it is, while it goes by. Glance's rules: what is declared raw may be anything,
/// since it will only ever be opened as raw; everything else must be what it is called, and free of what makes a reader open other
/// files or trust impossible sizes. A format of which nothing is known here passes, unless the data is of one that is.
/// </summary>
public sealed class FormatInspection
{
    /// <summary>The largest disk that is accepted, in bytes: 64 TiB. A header can claim petabytes for nothing.</summary>
    public const long MaximumVirtualSize = Qcow2Layout.MaximumVirtualSize;

    private const string Raw = "raw";

    private readonly string _declared;
    private readonly bool _wrapped;
    private readonly IFormatInspector[] _inspectors;
    private long _length;

    /// <param name="declared">The image's disk_format.</param>
    /// <param name="wrapped">Whether the disk may lie in a container, an OVA for example: then its format does not show, but what
    /// does show must still be safe, since a reader may go by disk_format alone.</param>
    public FormatInspection(string declared, bool wrapped = false)
        : this(declared, wrapped, new Qcow2Inspector(), new VmdkInspector())
    {
    }

    internal FormatInspection(string declared, bool wrapped, params IFormatInspector[] inspectors)
    {
        _declared = declared;
        _wrapped = wrapped;
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
        var verdicts = _inspectors.Select(inspector => (inspector.Format, Verdict: inspector.Finish())).Where(v => v.Verdict.Matches).ToArray();
        var found = verdicts.Length == 0 ? Raw : string.Join(" and ", verdicts.Select(v => v.Format));
        if (_declared == Raw)
            return new FormatFinding(found, _wrapped ? null : _length, null);
        if (_wrapped && found != _declared)
            return new FormatFinding(found, null, null);
        if (found == Raw && !Array.Exists(_inspectors, inspector => inspector.Format == _declared))
            return new FormatFinding(found, null, null);
        if (found != _declared)
            return new FormatFinding(found, null, $"The image is declared as {_declared}, but its data is {(found == Raw ? "not of this format" : found)}. Set disk_format to what the data is, or convert the data.");

        var verdict = verdicts[0].Verdict;
        var hazard = verdict.Hazard ?? (verdict.VirtualSize > MaximumVirtualSize
            ? $"its disk has {verdict.VirtualSize} bytes, more than {MaximumVirtualSize}" : null);
        return hazard is null
            ? new FormatFinding(found, verdict.VirtualSize, null)
            : new FormatFinding(found, verdict.VirtualSize, $"Image failed safety checks: {hazard}.");
    }
}
