using Tintype.Compute.Servers;
using Tintype.Snapshots.Capture;
using Tintype.Snapshots.Preflight;
using Xunit;

namespace Tintype.Tests.Snapshots;

public sealed class SnapshotPropertiesTests
{
    private static readonly Dictionary<string, string> _none = [];

    [Fact]
    public void A_snapshot_has_its_servers_properties_its_lineage_and_the_callers_metadata()
    {
        var server = Server(new() { ["hw_disk_bus"] = "scsi", ["os_distro"] = "debian", ["owner_specified.openstack.md5"] = "" });

        var properties = SnapshotProperties.AtCreation(server, "u2", new Dictionary<string, string> { ["note"] = "before the upgrade" });

        Assert.Equal(new Dictionary<string, string>
        {
            ["hw_disk_bus"] = "scsi",
            ["os_distro"] = "debian",
            ["owner_specified.openstack.md5"] = "",
            ["base_image_ref"] = server.ImageId.ToString(),
            ["instance_uuid"] = server.Id.ToString(),
            ["user_id"] = "u2",
            ["image_type"] = "snapshot",
            ["note"] = "before the upgrade",
        }, properties);
    }

    [Theory]
    [InlineData("cinder_encryption_key_id")]
    [InlineData("cinder_encryption_key_deletion_policy")]
    [InlineData("img_signature")]
    [InlineData("img_signature_hash_method")]
    [InlineData("img_signature_key_type")]
    [InlineData("img_signature_certificate_uuid")]
    [InlineData("os_glance_import_task")]
    [InlineData("cache_in_nova")]
    [InlineData("bittorrent")]
    [InlineData("img_block_device_mapping")]
    [InlineData("tintype_verified")]
    public void What_belongs_to_the_source_alone_is_not_inherited(string name) =>
        Assert.False(SnapshotProperties.AtCreation(Server(new() { [name] = "x" }), "u", _none).ContainsKey(name));

    [Fact]
    public void The_callers_metadata_wins_but_over_the_systems_own_words()
    {
        var metadata = new Dictionary<string, string> { ["hw_disk_bus"] = "ide", ["image_type"] = "mine", ["tintype_consistency"] = "offline" };

        var properties = SnapshotProperties.AtCreation(Server(new() { ["hw_disk_bus"] = "scsi" }), "u", metadata);

        Assert.Equal(("ide", "mine"), (properties["hw_disk_bus"], properties["image_type"]));
        Assert.False(properties.ContainsKey("tintype_consistency"));
    }

    [Fact]
    public void A_snapshot_of_a_snapshot_keeps_its_oldest_base() =>
        Assert.Equal("oldest", SnapshotProperties.AtCreation(Server(new() { ["base_image_ref"] = "oldest" }), "u", _none)["base_image_ref"]);

    [Fact]
    public void Inherited_values_end_at_255_characters() =>
        Assert.Equal(new string('x', 255), SnapshotProperties.AtCreation(Server(new() { ["long"] = new string('x', 300) }), "u", _none)["long"]);

    [Theory]
    [InlineData(0, 8, 8)]
    [InlineData(10, 8, 10)]
    [InlineData(10, 0, 10)]
    public void The_smallest_disk_is_that_of_the_image_or_of_the_flavor(int image, int flavor, int expected) =>
        Assert.Equal(expected, SnapshotProperties.MinDisk(Server([]) with { ImageMinDisk = image, RootDisk = flavor }));

    [Fact]
    public void With_the_activation_the_image_says_how_consistent_it_is()
    {
        var server = Server([]);

        Assert.Equal(new Dictionary<string, string?>
        {
            ["owner_id"] = "p1",
            ["image_location"] = "snapshot",
            ["image_state"] = "available",
            ["tintype_consistency"] = "filesystem",
            ["tintype_frozen_ms"] = "13",
        }, SnapshotProperties.AtActivation(server, Consistency.Filesystem, TimeSpan.FromMilliseconds(12.3)));
        Assert.Null(SnapshotProperties.AtActivation(server, Consistency.Offline, null)["tintype_frozen_ms"]);
    }

    private static ServerRecord Server(Dictionary<string, string> properties) => new(Guid.NewGuid(), "vm", "p1", "u1", VmState.Active, null, LastStop.None,
        Guid.NewGuid(), properties, "qcow2", 0, 0, 256, 1, 1, "/nowhere", 4711);
}
