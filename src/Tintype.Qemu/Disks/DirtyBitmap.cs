using System.Text.Json;

namespace Tintype.Qemu.Disks;

/// <summary>A bitmap of a disk's changes, as QEMU describes it.</summary>
/// <param name="Recording">What is written now is noted in it.</param>
/// <param name="Inconsistent">It was not saved when its QEMU ended; what it says means nothing, and it can only be removed.</param>
/// <param name="Bytes">How much it calls changed.</param>
public sealed record DirtyBitmap(string Name, bool Recording, bool Persistent, bool Busy, bool Inconsistent, long Bytes)
{
    /// <summary>The unit in which changes are noted: a cluster of qcow2.</summary>
    public const int Granularity = 64 * 1024;

    /// <summary>Whether it has noted every change since it was made. One that does not record may have missed some.</summary>
    public bool IsTrusted => this is { Recording: true, Persistent: true, Busy: false, Inconsistent: false };

    /// <param name="node">The name of a block node.</param>
    /// <param name="nodes">QEMU's answer to <c>query-named-block-nodes</c>.</param>
    public static IReadOnlyList<DirtyBitmap> On(string node, JsonElement nodes)
    {
        foreach (var candidate in nodes.EnumerateArray())
        {
            if (candidate.GetProperty("node-name").GetString() == node)
                return candidate.TryGetProperty("dirty-bitmaps", out var bitmaps) ? [.. bitmaps.EnumerateArray().Where(b => b.TryGetProperty("name", out _)).Select(Read)] : [];
        }

        return [];
    }

    // {"name": "tintype-0", "recording": true, "persistent": true, "busy": false, "inconsistent": true, "granularity": 65536, "count": 1179648}
    private static DirtyBitmap Read(JsonElement bitmap) => new(
        bitmap.GetProperty("name").GetString()!, Flag(bitmap, "recording"), Flag(bitmap, "persistent"), Flag(bitmap, "busy"), Flag(bitmap, "inconsistent"),
        bitmap.GetProperty("count").GetInt64());

    private static bool Flag(JsonElement bitmap, string name) => bitmap.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
}
