using System.Buffers;
using System.Globalization;
using System.Text;

namespace Tintype.DiskFormats.Vmdk;

/// <summary>
/// The text that describes a VMDK:
/// <code>
/// # Disk DescriptorFile
/// version=1
/// CID=12345678
/// parentCID=ffffffff
/// createType="monolithicSparse"
/// RW 8192 SPARSE "disk.vmdk"
/// ddb.adapterType = "ide"
/// </code>
/// Every line must be understood: what a lenient reader skips, another one may obey.
/// </summary>
internal static class VmdkDescriptor
{
    private const string NoParent = "ffffffff";

    private static readonly SearchValues<byte> _text = SearchValues.Create([.. "\t\n\v\f\r"u8, .. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (byte)c)]);
    private static readonly string[] _accesses = ["RW", "RDONLY", "NOACCESS"];
    private static readonly string[] _singleFileTypes = ["monolithicSparse", "streamOptimized"];

    /// <summary>
    /// Whether a file begins as a descriptor that stands alone: by its first line; as QEMU guesses, comments and then a version; or,
    /// as oslo.utils does, text that tells a createType.
    /// </summary>
    public static bool IsBare(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("# Disk DescriptorFile"u8))
            return true;
        // Printable and white space only.
        if (head.ContainsAnyExcept(_text))
            return false;
        var text = Encoding.ASCII.GetString(head);
        if (text.Contains("createType=\"", StringComparison.OrdinalIgnoreCase))
            return true;
        var first = Array.Find(text.Split('\n'), line => line.Trim() is { Length: > 0 } content && content[0] != '#');
        return first is not null && first.TrimStart().StartsWith("version=", StringComparison.OrdinalIgnoreCase);
    }

    /// <returns>What is dangerous or wrong, a clause; null when the disk lies in this one file and nowhere else.</returns>
    public static string? Hazard(ReadOnlySpan<byte> text)
    {
        if (!Ascii.IsValid(text))
            return "its descriptor is not plain ASCII text";
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var extents = new List<string>();
        foreach (var raw in Encoding.ASCII.GetString(text).Split('\n'))
        {
            var line = raw.Trim();
            if (line.Length == 0 || line.StartsWith('#') || line.StartsWith("ddb.", StringComparison.OrdinalIgnoreCase))
                continue;
            if (_accesses.Contains(line.Split(' ')[0], StringComparer.OrdinalIgnoreCase))
                extents.Add(line);
            else if (!TryField(line, out var name, out var value))
                return $"its descriptor has a line that does not belong there ({Quote(line)})";
            else if (!fields.TryAdd(name, value))
                return $"its descriptor says {Quote(name)} twice";
        }

        return FieldHazard(fields) ?? ExtentHazard(extents);
    }

    private static string? FieldHazard(Dictionary<string, string> fields)
    {
        if (!fields.TryGetValue("createType", out var type))
            return "its descriptor has no createType";
        if (!_singleFileTypes.Contains(type, StringComparer.OrdinalIgnoreCase))
            return $"its createType is {Quote(type)}; only monolithicSparse and streamOptimized hold their data themselves";
        if (fields.ContainsKey("parentFileNameHint") || !fields.GetValueOrDefault("parentCID", NoParent).Equals(NoParent, StringComparison.OrdinalIgnoreCase))
            return "it names a parent disk; consolidate it first";
        return null;
    }

    private static string? ExtentHazard(List<string> extents)
    {
        if (extents.Count != 1)
            return $"its descriptor names {extents.Count} extents, which must be one, the file itself";
        // RW 8192 SPARSE "disk.vmdk"
        var parts = extents[0].Split(' ', 4, StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != 4 || !ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            return $"its descriptor has an extent that cannot be read ({Quote(extents[0])})";
        if (!parts[2].Equals("SPARSE", StringComparison.OrdinalIgnoreCase))
            return $"its extent is of type {Quote(parts[2])}, which must be SPARSE";
        if (parts[3].AsSpan().ContainsAny('/', '\\'))
            return $"its extent names a file elsewhere ({Quote(parts[3])})";
        return null;
    }

    private static bool TryField(string line, out string name, out string value)
    {
        var at = line.IndexOf('=', StringComparison.Ordinal);
        name = at < 0 ? "" : line[..at].Trim();
        value = at < 0 ? "" : line[(at + 1)..].Trim().Trim('"');
        return name.Length > 0 && !name.Contains(' ', StringComparison.Ordinal);
    }

    // Quoted in a sentence for the user: short, and without what could disturb a terminal or a log.
    private static string Quote(string text)
    {
        var shown = new string([.. text.Take(60).Select(c => char.IsControl(c) ? '?' : c)]);
        return text.Length > 60 ? shown + "…" : shown;
    }
}
