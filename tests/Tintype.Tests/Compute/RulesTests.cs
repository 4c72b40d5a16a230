using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Tintype.Compute;
using Tintype.Compute.Api;
using Tintype.Compute.Flavors;
using Tintype.Compute.Guests;
using Tintype.Compute.Hosts;
using Tintype.Compute.Keypairs;
using Tintype.Compute.Servers;
using Tintype.Compute.Servers.Actions;
using Tintype.Compute.Servers.Create;
using Tintype.Compute.Servers.Listing;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Qemu.Process;
using Xunit;

namespace Tintype.Tests.Compute;

public sealed class MicroversionTests
{
    [Theory]
    [InlineData(null, null, "2.1")]
    [InlineData("compute 2.45", null, "2.45")]
    [InlineData(null, "2.37", "2.37")]
    [InlineData("compute latest", null, "2.92")]
    [InlineData(null, "latest", "2.92")]
    [InlineData("identity 3.1, compute 2.5", "2.7", "2.5")]
    [InlineData("identity 3.1", "2.7", "2.7")]
    [InlineData("compute 2.92", null, "2.92")]
    public void Either_header_names_the_version(string? header, string? legacy, string version) =>
        Assert.Equal(version, ComputeApi.Versions.Negotiate(Headers(header, legacy)).ToString());

    [Theory]
    [InlineData("2.0", "Version 2.0 is not supported by the API. Minimum is 2.1 and maximum is 2.92.")]
    [InlineData("2.93", "Version 2.93 is not supported by the API. Minimum is 2.1 and maximum is 2.92.")]
    [InlineData("3.1", "Version 3.1 is not supported by the API. Minimum is 2.1 and maximum is 2.92.")]
    public void A_version_outside_the_range_is_not_acceptable(string version, string sentence)
    {
        var refusal = Assert.Throws<Fault>(() => ComputeApi.Versions.Negotiate(Headers($"compute {version}", null)));
        Assert.Equal((FaultKind.NotAcceptable, sentence), (refusal.Kind, refusal.Message));
    }

    [Theory]
    [InlineData("2")]
    [InlineData("2.")]
    [InlineData("2.01")]
    [InlineData("02.1")]
    [InlineData("2.1.1")]
    [InlineData("x")]
    [InlineData("2.99999999999")]
    public void A_malformed_version_is_a_bad_request(string version)
    {
        var refusal = Assert.Throws<Fault>(() => ComputeApi.Versions.Negotiate(Headers(null, version)));
        Assert.Equal((FaultKind.BadRequest, $"API Version String {version} is of invalid format. Must be of format MajorNum.MinorNum."), (refusal.Kind, refusal.Message));
    }

    private static HeaderDictionary Headers(string? header, string? legacy)
    {
        var headers = new HeaderDictionary();
        if (header is not null)
            headers["OpenStack-API-Version"] = header;
        if (legacy is not null)
            headers["X-OpenStack-Nova-API-Version"] = legacy;
        return headers;
    }
}

public sealed class GuestHardwareTests
{
    private static readonly Guid _image = Guid.NewGuid();

    [Theory]
    [InlineData(null, null, DiskBus.Virtio)]
    [InlineData("virtio", null, DiskBus.Virtio)]
    [InlineData("scsi", "virtio-scsi", DiskBus.VirtioScsi)]
    [InlineData("scsi", "lsilogic", DiskBus.LsiLogic)]
    [InlineData("scsi", null, DiskBus.LsiLogic)]
    [InlineData("sata", "virtio-scsi", DiskBus.Sata)]
    [InlineData("ide", null, DiskBus.Ide)]
    [InlineData("usb", null, DiskBus.Usb)]
    public void The_disk_is_where_the_image_wants_it(string? bus, string? model, DiskBus expected) =>
        Assert.Equal(expected, Of(("hw_disk_bus", bus), ("hw_scsi_model", model)).Bus);

    [Fact]
    public void The_other_properties_have_their_effect()
    {
        var hardware = Of(("hw_vif_model", "e1000"), ("hw_qemu_guest_agent", "yes"), ("os_require_quiesce", "true"), ("os_shutdown_timeout", "7"));
        Assert.Equal(new GuestHardware(DiskBus.Virtio, "e1000", true, true, TimeSpan.FromSeconds(7)), hardware);
        Assert.Equal(new GuestHardware(DiskBus.Virtio, "virtio-net-pci", false, false, null), Of());
    }

    [Theory]
    [InlineData("hw_disk_bus", "floppy", "one of virtio, scsi, sata, ide, usb")]
    [InlineData("hw_scsi_model", "buslogic", "one of virtio-scsi, lsilogic, auto")]
    [InlineData("hw_vif_model", "ne2000", "one of virtio, e1000, e1000e, rtl8139, ne2k_pci, pcnet, vmxnet3, igb")]
    [InlineData("hw_qemu_guest_agent", "perhaps", "yes or no")]
    [InlineData("os_require_quiesce", "2", "yes or no")]
    [InlineData("os_shutdown_timeout", "-1", "a number of seconds from 0 to 86400")]
    [InlineData("hw_firmware_type", "uefi", "one of bios")]
    public void A_wrong_value_is_refused_with_those_that_are_right(string name, string value, string allowed)
    {
        var refusal = Assert.Throws<Fault>(() => Of((name, value)));
        Assert.Equal((FaultKind.BadRequest, $"Image {_image} is unacceptable: its property {name} is '{value}'; it must be {allowed}."), (refusal.Kind, refusal.Message));
    }

    private static GuestHardware Of(params (string Name, string? Value)[] properties) =>
        GuestHardware.Of(_image, properties.Where(p => p.Value is not null).ToDictionary(p => p.Name, p => p.Value!));
}

public sealed class FlavorFitTests
{
    private const long Gib = 1L << 30;

    [Theory]
    [InlineData(512, 2, 512, 2, Gib, 2 * Gib, null)]
    [InlineData(512, 0, 0, 10, Gib, 20 * Gib, null)]
    [InlineData(511, 2, 512, 0, Gib, Gib, "Flavor's memory is too small for requested image. Flavor has 511 MiB, the image asks for 512 MiB.")]
    [InlineData(512, 1, 0, 0, Gib, Gib + 1, "Flavor's disk is too small for requested image. Flavor disk is 1073741824 bytes, image is 1073741825 bytes.")]
    [InlineData(512, 1, 0, 0, Gib + 1, null, "Flavor's disk is too small for requested image. Flavor disk is 1073741824 bytes, image is 1073741825 bytes.")]
    [InlineData(512, 1, 0, 2, Gib, Gib, "Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is 1073741824 bytes, minimum size is 2147483648 bytes.")]
    public void A_flavor_must_be_large_enough(int memory, int disk, int minRam, int minDisk, long size, long? virtualSize, string? refusal)
    {
        var flavor = new Flavor("f", "f", memory, 1, disk, true, null, default);
        var image = new ImageRecord(Guid.NewGuid(), null, "p", ImageStatus.Active, ImageVisibility.Private, false, false, "raw", "bare", minDisk, minRam,
            size, virtualSize, Guid.NewGuid(), null, null, new Dictionary<string, string>(), [], default, default);

        var fault = Record.Exception(() => FlavorFit.Require(flavor, image));

        Assert.Equal(refusal, fault?.Message);
    }
}

public sealed class ListingTests
{
    private static readonly Tintype.Compute.Servers.Server[] _servers =
    [
        Make("web-1", VmState.Active, 1), Make("web-2", VmState.Stopped, 2), Make("db", VmState.Error, 3),
    ];

    [Theory]
    [InlineData("", "db,web-2,web-1")]
    [InlineData("name=web", "web-2,web-1")]
    [InlineData("name=^web-1$", "web-1")]
    [InlineData("status=SHUTOFF", "web-2")]
    [InlineData("status=active&status=error", "db,web-1")]
    [InlineData("status=PAUSED", "")]
    [InlineData("limit=2", "db,web-2")]
    [InlineData("limit=0", "")]
    [InlineData("sort_key=display_name&sort_dir=asc", "db,web-1,web-2")]
    [InlineData("changes-since=2026-11-23T00:00:02Z", "db,web-2")]
    [InlineData("unknown=1", "db,web-2,web-1")]
    [InlineData("deleted=true", "db,web-2,web-1")]
    [InlineData("ip6=fe80", "")]
    public void A_listing_shows_what_was_asked_for(string query, string names) =>
        Assert.Equal(names, string.Join(',', ServerListing.Select(_servers, Query(query), ComputeWorld.Member, new Microversion(2, 1)).Select(s => s.Name)));

    [Fact]
    public void A_page_goes_on_after_its_marker() =>
        Assert.Equal(["web-2", "web-1"], ServerListing.Select(_servers, Query($"marker={_servers[2].Id}"), ComputeWorld.Member, new Microversion(2, 1)).Select(s => s.Name));

    [Theory]
    [InlineData(1, "limit=x", "Invalid input for query parameters limit. Value: x. 'x' is not an integer")]
    [InlineData(1, "limit=-1", "Invalid input for query parameters limit. Value: -1. -1 is less than the minimum of 0")]
    [InlineData(1, "marker=abc", "marker [abc] not found")]
    [InlineData(1, "name=(", "Invalid regular expression '('")]
    [InlineData(1, "sort_key=colour", "'colour' is not one of")]
    [InlineData(1, "sort_dir=up", "'up' is not one of asc, desc")]
    [InlineData(1, "changes-since=yesterday", "'yesterday' is not a 'date-time'")]
    [InlineData(38, "status=SLEEPY", "Invalid status value")]
    [InlineData(75, "unknown=1", "('unknown' was unexpected)")]
    public void A_wrong_parameter_is_refused(int minor, string query, string sentence)
    {
        var refusal = Assert.Throws<Fault>(() => ServerListing.Select(_servers, Query(query), ComputeWorld.Member, new Microversion(2, minor)));
        Assert.Equal(FaultKind.BadRequest, refusal.Kind);
        Assert.Contains(sentence, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_administrators_list_all_projects()
    {
        Assert.Equal(ComputeWorld.ProjectId, ServerListing.ProjectOf(Query(""), ComputeWorld.Admin, "r"));
        Assert.Equal(ComputeWorld.ProjectId, ServerListing.ProjectOf(Query("all_tenants=0"), ComputeWorld.Member, "r"));
        Assert.Null(ServerListing.ProjectOf(Query("all_tenants="), ComputeWorld.Admin, "r"));
        Assert.Equal("p", ServerListing.ProjectOf(Query("all_tenants=True&project_id=p"), ComputeWorld.Admin, "r"));
        var refusal = Assert.Throws<Fault>(() => ServerListing.ProjectOf(Query("all_tenants=1"), ComputeWorld.Member, "os_compute_api:servers:detail"));
        Assert.Equal((FaultKind.Forbidden, "Policy doesn't allow os_compute_api:servers:detail:get_all_tenants to be performed."), (refusal.Kind, refusal.Message));
    }

    private static QueryCollection Query(string query) => new(QueryHelpers.ParseQuery(query));

    private static Tintype.Compute.Servers.Server Make(string name, VmState state, int second)
    {
        var at = new DateTimeOffset(2026, 11, 23, 0, 0, second, TimeSpan.Zero);
        return ComputeWorld.Describe(name) with { State = state, TaskState = null, CreatedAt = at, UpdatedAt = at };
    }
}

public sealed class HostTests
{
    [Fact]
    public void Memory_that_was_promised_and_not_yet_taken_is_held_back()
    {
        var memory = new FakeMemory { Mib = 1000 };
        var admission = new GuestAdmission(memory, Options.Create(new ComputeOptions { HostReserve = 100, QemuOverhead = 50 }));

        var first = admission.TryReserve(400, out _)!;
        Assert.Null(admission.TryReserve(401, out var free));
        Assert.Equal(400, free);

        // It has taken 300 of its 450, which the host no longer has.
        first.Pid = 1;
        memory.Resident[1] = 300;
        memory.Mib = 700;
        Assert.Null(admission.TryReserve(401, out free));
        Assert.Equal(400, free);

        first.Dispose();
        memory.Mib = 1000;
        Assert.NotNull(admission.TryReserve(850));
    }

    [Theory]
    [InlineData("         0          0 4294967295", 1_900_000_000u)]
    [InlineData("         0     100000      65536", 61438u)]
    [InlineData("         0     100000       5000", 904u)]
    [InlineData("         0       1000          1", 0u)]
    public void User_ids_of_guests_lie_within_the_namespace(string map, uint first) =>
        Assert.Equal((first, 4096), IsolationUids.Fit(1_900_000_000, 4096, [map]));

    [Fact]
    public void No_two_guests_share_a_user_id()
    {
        var uids = new IsolationUids((1000, 512));

        Assert.Equal(1000u, uids.Pick(new HashSet<uint>()));
        Assert.Equal(1002u, uids.Pick(new HashSet<uint> { 1000, 1001 }));
        Assert.Null(uids.Pick(Enumerable.Range(1000, 256).Select(i => (uint)i).ToHashSet()));
        using var first = uids.Lease();
        var second = uids.Lease();
        Assert.Equal((1256u, 1257u), (first.Uid, second.Uid));
        second.Dispose();
        using var third = uids.Lease();
        Assert.Equal(1257u, third.Uid);
    }
}

public sealed class SshPublicKeyTests
{
    // ssh-keygen -t ed25519, and its ssh-keygen -l -E md5.
    private const string Line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMHBhNVmmGqC9ML5hOQUTFIxdSp4GhF9OX7wcJaM1QW7 someone@example";

    [Fact]
    public void A_public_key_keeps_its_line_and_has_a_fingerprint()
    {
        var key = SshPublicKey.Parse($"  {Line}\n");
        Assert.Equal(Line, key.Line);
        Assert.Matches("^([0-9a-f]{2}:){15}[0-9a-f]{2}$", key.Fingerprint);
    }

    [Theory]
    [InlineData("", "it is not 'TYPE BASE64 COMMENT'")]
    [InlineData("ssh-ed25519", "it is not 'TYPE BASE64 COMMENT'")]
    [InlineData("ssh-what AAAA", "its type 'ssh-what' is not one of")]
    [InlineData("ssh-rsa !!!", "its second word is not base64")]
    [InlineData("ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIMHBhNVmmGqC9ML5hOQUTFIxdSp4GhF9OX7wcJaM1QW7", "its bytes are not those of a ssh-rsa key")]
    [InlineData("ssh-rsa AAAA\nssh-rsa BBBB", "it has more than one line")]
    public void What_is_no_key_is_refused(string text, string reason)
    {
        var refusal = Assert.Throws<Fault>(() => SshPublicKey.Parse(text));
        Assert.Equal(FaultKind.BadRequest, refusal.Kind);
        Assert.StartsWith("Keypair data is invalid: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_generated_pair_belongs_together()
    {
        var (key, pem) = SshPublicKey.Generate();
        using var rsa = System.Security.Cryptography.RSA.Create();
        rsa.ImportFromPem(pem);
        var modulus = rsa.ExportParameters(false).Modulus!;
        var bytes = Convert.FromBase64String(key.Line.Split(' ')[1]);
        Assert.Equal(modulus, bytes[^modulus.Length..]);
    }
}

public sealed class ConsoleOutputTests
{
    [Theory]
    [InlineData("a\nb\nc\n", null, "a\nb\nc\n")]
    [InlineData("a\nb\nc\n", -1, "a\nb\nc\n")]
    [InlineData("a\nb\nc\n", 2, "b\nc\n")]
    [InlineData("a\nb\nc", 2, "b\nc")]
    [InlineData("a\nb\n", 9, "a\nb\n")]
    [InlineData("a\nb\n", 0, "")]
    [InlineData("a\u001b[1mb\r\n\tc\n", null, "a[1mb\n\tc\n")]
    public void The_last_lines_are_shown_without_control_characters(string text, int? length, string shown) =>
        Assert.Equal(shown, ConsoleOutputAction.LastLines(text, length));
}

public sealed class ConfigDriveContentTests
{
    [Fact]
    public void The_drive_has_openstacks_layout()
    {
        var server = ComputeWorld.Describe("My vm") with
        {
            Hostname = "my-vm", KeyName = "k", PublicKey = "ssh-rsa AAAA", UserData = Convert.ToBase64String("#!/bin/sh\n"u8), AdminPassword = "secret",
            Metadata = new Dictionary<string, string> { ["role"] = "web" }, Nic = new ServerNic("virtio-net-pci", "fa:16:3e:01:02:03", 22000),
        };

        var files = Tintype.Compute.ConfigDrive.ConfigDriveContent.Of(server);

        string[] names = ["meta_data.json", "network_data.json", "user_data", "vendor_data.json"];
        Assert.Equal(names.SelectMany(n => new[] { $"openstack/2018-08-27/{n}", $"openstack/latest/{n}" }).Order(), files.Keys.Order());
        var meta = ComputeWorld.Json(Encoding.UTF8.GetString(files["openstack/latest/meta_data.json"]));
        var seed = meta.GetProperty("random_seed").GetString()!;
        Assert.Equal(512, Convert.FromBase64String(seed).Length);
        var expected = ComputeWorld.Json($$"""
            {"uuid": "{{server.Id}}", "name": "My vm", "hostname": "my-vm", "project_id": "{{ComputeWorld.ProjectId}}", "availability_zone": "nova",
             "launch_index": 0, "random_seed": "{{seed}}", "admin_pass": "secret", "public_keys": {"k": "ssh-rsa AAAA"},
             "keys": [{"name": "k", "type": "ssh", "data": "ssh-rsa AAAA"}], "devices": [], "meta": {"role": "web"} }
            """);
        Assert.True(System.Text.Json.JsonElement.DeepEquals(expected, meta), meta.ToString());
        Assert.Equal("#!/bin/sh\n", Encoding.UTF8.GetString(files["openstack/latest/user_data"]));
        Assert.Equal("""{"links":[{"id":"nic0","type":"phy","mtu":1500,"ethernet_mac_address":"fa:16:3e:01:02:03"}],"networks":[{"id":"network0","type":"ipv4_dhcp","link":"nic0","network_id":"isolated"}],"services":[]}""",
            Encoding.UTF8.GetString(files["openstack/latest/network_data.json"]));
    }

    [Fact]
    public void Without_card_key_and_user_data_there_is_none_of_them()
    {
        var files = Tintype.Compute.ConfigDrive.ConfigDriveContent.Of(ComputeWorld.Describe());
        Assert.DoesNotContain("openstack/latest/user_data", files.Keys);
        Assert.Equal("""{"links":[],"networks":[],"services":[]}""", Encoding.UTF8.GetString(files["openstack/latest/network_data.json"]));
        var meta = ComputeWorld.Json(Encoding.UTF8.GetString(files["openstack/latest/meta_data.json"]));
        Assert.False(meta.TryGetProperty("public_keys", out _));
        Assert.False(meta.TryGetProperty("admin_pass", out _));
    }
}
