using Tintype.Compute.Servers;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// The properties of a snapshot, as Nova sets them (nova/compute/utils.py, nova/virt/libvirt/driver.py): what the server inherited from its image, so
/// that the snapshot boots as its source did; who took it of what; and what the caller asked for.
/// </summary>
internal static class SnapshotProperties
{
    private const int LongestValue = 255;

    // Nova's NON_INHERITABLE_IMAGE_PROPERTIES, its default of non_inheritable_image_properties, and the structured keys it skips.
    private static readonly HashSet<string> _notInherited = new(StringComparer.Ordinal)
    {
        "cinder_encryption_key_id", "cinder_encryption_key_deletion_policy",
        "img_signature", "img_signature_hash_method", "img_signature_key_type", "img_signature_certificate_uuid",
        "cache_in_nova", "bittorrent",
        "mappings", "block_device_mapping", "img_mappings", "img_block_device_mapping",
    };

    /// <summary>What the image has from its creation.</summary>
    /// <param name="userId">Who takes the snapshot.</param>
    /// <param name="metadata">The caller's; wins over all but the system's own <c>tintype_*</c>.</param>
    public static Dictionary<string, string> AtCreation(ServerRecord server, string userId, IReadOnlyDictionary<string, string> metadata)
    {
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in server.ImageProperties)
        {
            if (!_notInherited.Contains(name) && !name.StartsWith("os_glance", StringComparison.Ordinal) && !IsSystems(name))
                properties[name] = Truncate(value);
        }

        // The oldest ancestor stays the base: a snapshot of a snapshot keeps what it inherited.
        properties.TryAdd("base_image_ref", server.ImageId.ToString());
        properties["instance_uuid"] = server.Id.ToString();
        properties["user_id"] = userId;
        properties["image_type"] = "snapshot";
        foreach (var (name, value) in metadata)
        {
            if (!IsSystems(name))
                properties[name] = Truncate(value);
        }

        return properties;
    }

    /// <summary>What is set together with the activation.</summary>
    /// <param name="frozen">How long the guest's file systems were frozen; null if they were not.</param>
    public static Dictionary<string, string?> AtActivation(ServerRecord server, Preflight.Consistency consistency, TimeSpan? frozen) => new()
    {
        ["owner_id"] = server.ProjectId,
        ["image_location"] = "snapshot",
        ["image_state"] = "available",
        ["tintype_consistency"] = Preflight.ConsistencyWords.ToWord(consistency),
        ["tintype_frozen_ms"] = frozen is { } time ? ((long)Math.Ceiling(time.TotalMilliseconds)).ToString(System.Globalization.CultureInfo.InvariantCulture) : null,
    };

    /// <summary>The smallest disk that the snapshot fits on, in GiB: it has the size of the server's disk.</summary>
    public static int MinDisk(ServerRecord server) => Math.Max(server.ImageMinDisk, server.RootDisk);

    /// <summary>The format that the user gave the source, so that what is saved can be uploaded again with the same words; qcow2 for what we only read.</summary>
    /// <param name="operators">The operator's choice, which comes first; null for none.</param>
    public static string DiskFormat(ServerRecord server, string? operators) => operators ?? (server.ImageDiskFormat == "raw" ? "raw" : "qcow2");

    private static bool IsSystems(string name) => name.StartsWith("tintype_", StringComparison.Ordinal);

    private static string Truncate(string value) => value.Length <= LongestValue ? value : value[..LongestValue];
}
