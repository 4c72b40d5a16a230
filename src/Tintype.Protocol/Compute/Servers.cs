using System.Text.Json.Serialization;

namespace Tintype.Protocol.Compute;

/// <summary>A server as <c>GET /servers</c> has it.</summary>
public sealed record ServerSummary(string Id, string Name, IReadOnlyList<Link> Links);

public sealed record ServerSummaries(
    IReadOnlyList<ServerSummary> Servers,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Link>? ServersLinks);

public sealed record ServerEnvelope(ServerDetail Server);

public sealed record ServerDetails(
    IReadOnlyList<ServerDetail> Servers,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Link>? ServersLinks);

/// <summary>The image that a server was made from.</summary>
public sealed record ServerImageView(string Id, IReadOnlyList<Link> Links);

/// <summary>
/// The flavor within a server: before 2.47 its id and link, since then what it said when the server was made
/// (ram and swap in MiB, disk and ephemeral in GiB).
/// </summary>
public sealed record ServerFlavorView
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Link>? Links { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? OriginalName { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Vcpus { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Ram { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Disk { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Ephemeral { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Swap { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? ExtraSpecs { get; init; }
}

/// <param name="Type"><c>fixed</c> is the address inside the guest, <c>floating</c> the one that leads to it from the host.</param>
public sealed record ServerAddress(
    int Version, string Addr,
    [property: JsonPropertyName("OS-EXT-IPS:type")] string Type,
    [property: JsonPropertyName("OS-EXT-IPS-MAC:mac_addr")] string MacAddress);

public sealed record ServerFaultView(
    int Code, string Created, string Message, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Details = null);

public sealed record NamedGroup(string Name);

/// <summary>A server in full. Members that only some versions or callers see are optional.</summary>
public sealed record ServerDetail
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>ACTIVE, BUILD, SHUTOFF, ERROR, REBOOT, HARD_REBOOT.</summary>
    public required string Status { get; init; }

    public required string TenantId { get; init; }

    public required string UserId { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    [JsonPropertyName("hostId")]
    public required string HostId { get; init; }

    public required ServerImageView Image { get; init; }

    public required ServerFlavorView Flavor { get; init; }

    public required string Created { get; init; }

    public required string Updated { get; init; }

    public required IReadOnlyDictionary<string, IReadOnlyList<ServerAddress>> Addresses { get; init; }

    [JsonPropertyName("accessIPv4")]
    public required string AccessIPv4 { get; init; }

    [JsonPropertyName("accessIPv6")]
    public required string AccessIPv6 { get; init; }

    public required IReadOnlyList<Link> Links { get; init; }

    [JsonPropertyName("OS-DCF:diskConfig")]
    public string DiskConfig { get; init; } = "MANUAL";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Progress { get; init; }

    [JsonPropertyName("OS-EXT-AZ:availability_zone")]
    public required string AvailabilityZone { get; init; }

    /// <summary><c>True</c> or empty, as Nova writes it.</summary>
    public required string ConfigDrive { get; init; }

    public required string? KeyName { get; init; }

    [JsonPropertyName("OS-SRV-USG:launched_at")]
    public required string? LaunchedAt { get; init; }

    [JsonPropertyName("OS-SRV-USG:terminated_at")]
    public string? TerminatedAt { get; init; }

    public IReadOnlyList<NamedGroup> SecurityGroups { get; init; } = [new("default")];

    [JsonPropertyName("OS-EXT-STS:task_state")]
    public required string? TaskState { get; init; }

    [JsonPropertyName("OS-EXT-STS:vm_state")]
    public required string VmState { get; init; }

    /// <summary>0 none, 1 running, 4 shut down.</summary>
    [JsonPropertyName("OS-EXT-STS:power_state")]
    public required int PowerState { get; init; }

    [JsonPropertyName("os-extended-volumes:volumes_attached")]
    public IReadOnlyList<NamedGroup> VolumesAttached { get; init; } = [];

    /// <summary>Why the server is not well; Nova shows it in ERROR, this server also when a guest ended that should not have.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ServerFaultView? Fault { get; init; }

    /// <summary>HOST:PORT on this host that leads to the guest's port 22; only while there is a network card.</summary>
    [JsonPropertyName("tintype:ssh"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Ssh { get; init; }

    /// <summary>For administrators.</summary>
    [JsonPropertyName("OS-EXT-SRV-ATTR:host"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Host { get; init; }

    /// <summary>For administrators.</summary>
    [JsonPropertyName("OS-EXT-SRV-ATTR:hypervisor_hostname"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? HypervisorHostname { get; init; }

    /// <summary>For administrators.</summary>
    [JsonPropertyName("OS-EXT-SRV-ATTR:instance_name"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? InstanceName { get; init; }

    /// <summary>For administrators since 2.3, for everybody since 2.90.</summary>
    [JsonPropertyName("OS-EXT-SRV-ATTR:hostname"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Hostname { get; init; }

    [JsonPropertyName("OS-EXT-SRV-ATTR:kernel_id"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? KernelId { get; init; }

    [JsonPropertyName("OS-EXT-SRV-ATTR:ramdisk_id"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RamdiskId { get; init; }

    [JsonPropertyName("OS-EXT-SRV-ATTR:launch_index"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? LaunchIndex { get; init; }

    [JsonPropertyName("OS-EXT-SRV-ATTR:reservation_id"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReservationId { get; init; }

    [JsonPropertyName("OS-EXT-SRV-ATTR:root_device_name"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RootDeviceName { get; init; }

    [JsonPropertyName("OS-EXT-SRV-ATTR:user_data"), JsonConverter(typeof(OptionalConverter<string>)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<string> UserData { get; init; }

    /// <summary>Since 2.9.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Locked { get; init; }

    /// <summary>Since 2.16, for administrators.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? HostStatus { get; init; }

    /// <summary>Since 2.19.</summary>
    [JsonConverter(typeof(OptionalConverter<string>)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<string> Description { get; init; }

    /// <summary>Since 2.26.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Since 2.63; there are none here.</summary>
    [JsonConverter(typeof(OptionalConverter<string>)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<string> TrustedImageCertificates { get; init; }

    /// <summary>Since 2.71, when shown alone; there are none here.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? ServerGroups { get; init; }

    /// <summary>Since 2.73.</summary>
    [JsonConverter(typeof(OptionalConverter<string>)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<string> LockedReason { get; init; }
}

/// <summary>The answer to a creation.</summary>
public sealed record CreatedServer(
    string Id, IReadOnlyList<Link> Links,
    [property: JsonPropertyName("OS-DCF:diskConfig")] string DiskConfig,
    IReadOnlyList<NamedGroup> SecurityGroups,
    [property: JsonPropertyName("adminPass")] string AdminPass);

public sealed record CreatedServerEnvelope(CreatedServer Server);

public sealed record Reservation(string ReservationId);

public sealed record MetadataEnvelope(IReadOnlyDictionary<string, string> Metadata);

public sealed record MetadataItem(IReadOnlyDictionary<string, string> Meta);

public sealed record TagList(IReadOnlyList<string> Tags);

public sealed record ConsoleOutput(string Output);

public sealed record VolumeAttachments([property: JsonPropertyName("volumeAttachments")] IReadOnlyList<NamedGroup> Attachments);

public sealed record InterfaceIp(string SubnetId, string IpAddress);

public sealed record InterfaceAttachment(string PortId, string NetId, string MacAddr, string PortState, IReadOnlyList<InterfaceIp> FixedIps);

public sealed record InterfaceAttachments([property: JsonPropertyName("interfaceAttachments")] IReadOnlyList<InterfaceAttachment> Attachments);

public sealed record SecurityGroupList(IReadOnlyList<NamedGroup> SecurityGroups);

public sealed record AddressesEnvelope(IReadOnlyDictionary<string, IReadOnlyList<ServerAddressOnly>> Addresses);

public sealed record ServerAddressOnly(int Version, string Addr);

/// <summary>One step of an action.</summary>
/// <param name="Details">Since 2.84: why it failed.</param>
public sealed record InstanceActionEvent(
    string Event, string StartTime, string? FinishTime, string? Result,
    [property: JsonPropertyName("hostId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? HostId,
    [property: JsonConverter(typeof(OptionalConverter<string>)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] Optional<string> Details);

/// <summary>What was done to a server.</summary>
/// <param name="Message">Null, or why it failed.</param>
/// <param name="UpdatedAt">Since 2.58.</param>
/// <param name="Events">When shown alone.</param>
public sealed record InstanceAction(
    string Action, string InstanceUuid, string RequestId, string UserId, string ProjectId, string StartTime, string? Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? UpdatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<InstanceActionEvent>? Events = null);

public sealed record InstanceActionEnvelope([property: JsonPropertyName("instanceAction")] InstanceAction Action);

public sealed record InstanceActionList(
    [property: JsonPropertyName("instanceActions")] IReadOnlyList<InstanceAction> Actions,
    [property: JsonPropertyName("links"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Link>? Links = null);
