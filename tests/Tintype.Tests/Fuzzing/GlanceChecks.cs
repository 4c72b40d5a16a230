using System.Buffers.Binary;
using System.Text;

namespace Tintype.Tests.Fuzzing;

/// <summary>
/// What Glance refuses in an upload that is declared raw, read off the whole file without any of the inspectors' code: a second
/// opinion on whatever they let pass.
/// </summary>
internal static class GlanceChecks
{
    /// <returns>What is unsafe; null if nothing is.</returns>
    public static string? Hazard(byte[] file) => Qcow2(file) ?? Vmdk(file) ?? Qed(file) ?? Luks(file) ?? Mbr(file);

    private static string? Qcow2(byte[] file)
    {
        if (file.Length < 512 || BinaryPrimitives.ReadUInt32BigEndian(file) != 0x514649FB)
            return null;
        var version = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(4));
        if (version != 2 && version != 3)
            return "version";
        if (file.AsSpan(8, 8).ContainsAnyExcept((byte)0))
            return "backing_file";
        var features = BinaryPrimitives.ReadUInt64BigEndian(file.AsSpan(72));
        // Extended L2 entries, bit 4, are newer than oslo.utils; QEMU knows them.
        return version == 3 && (features & ~0b11011UL) != 0 ? "data_file or unknown_features" : null;
    }

    private static string? Vmdk(byte[] file)
    {
        if (file.Length < 512 || !file.AsSpan().StartsWith("KDMV"u8))
            return null;
        if (file[4] is 0 or > 3 || file.AsSpan(5, 3).ContainsAnyExcept((byte)0))
            return "version";
        if (BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(28)) != 1)
            return "descriptor's place";
        var sectors = BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(36));
        if (sectors > 2047 || file.Length < 512 + ((int)sectors * 512))
            return "descriptor's size";
        var text = Encoding.Latin1.GetString(file, 512, (int)sectors * 512).Split('\0')[0].ToLowerInvariant();
        if (!text.Contains("createtype=\"monolithicsparse\"", StringComparison.Ordinal) && !text.Contains("createtype=\"streamoptimized\"", StringComparison.Ordinal)
            && !text.Contains("createtype", StringComparison.Ordinal))
            return "createType";
        var extents = text.Split('\n').Select(line => line.Trim()).Where(line => line.Split(' ')[0] is "rw" or "rdonly" or "noaccess").ToList();
        if (extents.Count == 0 || extents.Exists(extent => extent.Contains('/', StringComparison.Ordinal)))
            return "extents";
        if (BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(56)) != ulong.MaxValue)
            return null;
        var footer = file.AsSpan(file.Length - 1024);
        return footer[..12].SequenceEqual(file.AsSpan(0, 12)) && footer[28..44].SequenceEqual(file.AsSpan(28, 16)) ? null : "footer";
    }

    private static string? Qed(byte[] file) => file.Length >= 512 && file.AsSpan().StartsWith("QED\0"u8) ? "banned" : null;

    private static string? Luks(byte[] file) =>
        file.Length >= 592 && file[..6] is [0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe] && (file[6] != 0 || file[7] != 1) ? "version" : null;

    private static string? Mbr(byte[] file)
    {
        if (file.Length < 512 || file[510] != 0x55 || file[511] != 0xAA || (file[16] == 2 && file[21] == 0xF8))
            return null;
        if (file.Length >= 17 * 2048 && Encoding.Latin1.GetString(file, (16 * 2048) + 1, 5) is "CD001" or "NSR02" or "NSR03" or "BEA01")
            return null;
        var entries = Enumerable.Range(0, 4).Select(i => file.AsSpan(446 + (i * 16), 16).ToArray()).ToList();
        if (entries.Exists(entry => (entry[0] & 0x7f) != 0))
            return "boot flag";
        var used = Enumerable.Range(0, 4).Where(i => entries[i][4] != 0).ToList();
        if (used.Count == 0)
            return "no partitions";
        if (!entries.Exists(entry => entry[4] == 0xEE))
            return null;
        return used is [0] && entries[0][1..4] is [0, 2, 0] && entries[0][8..12] is [1, 0, 0, 0] ? null : "protective entry";
    }
}
