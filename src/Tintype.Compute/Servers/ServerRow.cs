using System.Text.Json;
using System.Text.Json.Serialization;
using Tintype.Platform.Database;

namespace Tintype.Compute.Servers;

/// <summary>A row of the servers table.</summary>
internal sealed class ServerRow
{
    public string Id { get; init; } = "";
    public string Name { get; init; } = "";
    public string? Description { get; init; }
    public string Hostname { get; init; } = "";
    public string ProjectId { get; init; } = "";
    public string UserId { get; init; } = "";
    public string VmState { get; init; } = "";
    public string? TaskState { get; init; }
    public string LastStop { get; init; } = "";
    public string ImageId { get; init; } = "";
    public string ImageProperties { get; init; } = "";
    public string ImageDiskFormat { get; init; } = "";
    public int ImageMinDisk { get; init; }
    public int ImageMinRam { get; init; }
    public string FlavorId { get; init; } = "";
    public string FlavorName { get; init; } = "";
    public int Memory { get; init; }
    public int Vcpus { get; init; }
    public int RootDisk { get; init; }
    public string? KeyName { get; init; }
    public string? PublicKey { get; init; }
    public string? UserData { get; init; }
    public string? AdminPassword { get; init; }
    public string Metadata { get; init; } = "";
    public string Tags { get; init; } = "";
    public bool ConfigDrive { get; init; }
    public string? NicModel { get; init; }
    public string? NicMac { get; init; }
    public int? NicSshPort { get; init; }
    public long IsolationUid { get; init; }
    public bool HasWholeDisk { get; init; }
    public string AvailabilityZone { get; init; } = "";
    public string ReservationId { get; init; } = "";
    public int LaunchIndex { get; init; }
    public string? AccessIPv4 { get; init; }
    public string? AccessIPv6 { get; init; }
    public string? LockedBy { get; init; }
    public string? LockedReason { get; init; }
    public int? FaultCode { get; init; }
    public string? FaultMessage { get; init; }
    public long? FaultAt { get; init; }
    public long CreatedAt { get; init; }
    public long UpdatedAt { get; init; }
    public long? LaunchedAt { get; init; }

    public const string Columns = """
        id AS Id, name AS Name, description AS Description, hostname AS Hostname, project_id AS ProjectId, user_id AS UserId,
        vm_state AS VmState, task_state AS TaskState, last_stop AS LastStop, image_id AS ImageId, image_properties AS ImageProperties,
        image_disk_format AS ImageDiskFormat, image_min_disk AS ImageMinDisk, image_min_ram AS ImageMinRam, flavor_id AS FlavorId,
        flavor_name AS FlavorName, memory AS Memory, vcpus AS Vcpus, root_disk AS RootDisk, key_name AS KeyName, public_key AS PublicKey,
        user_data AS UserData, admin_password AS AdminPassword, metadata AS Metadata, tags AS Tags, config_drive AS ConfigDrive,
        nic_model AS NicModel, nic_mac AS NicMac, nic_ssh_port AS NicSshPort, isolation_uid AS IsolationUid, has_whole_disk AS HasWholeDisk,
        availability_zone AS AvailabilityZone, reservation_id AS ReservationId, launch_index AS LaunchIndex, access_ipv4 AS AccessIPv4,
        access_ipv6 AS AccessIPv6, locked_by AS LockedBy, locked_reason AS LockedReason, fault_code AS FaultCode,
        fault_message AS FaultMessage, fault_at AS FaultAt, created_at AS CreatedAt, updated_at AS UpdatedAt, launched_at AS LaunchedAt
        """;

    public const string Insert = """
        INSERT INTO servers (id, name, description, hostname, project_id, user_id, vm_state, task_state, last_stop, image_id, image_properties,
            image_disk_format, image_min_disk, image_min_ram, flavor_id, flavor_name, memory, vcpus, root_disk, key_name, public_key,
            user_data, admin_password, metadata, tags, config_drive, nic_model, nic_mac, nic_ssh_port, isolation_uid, availability_zone,
            reservation_id, launch_index, access_ipv4, access_ipv6, created_at, updated_at)
        VALUES (@Id, @Name, @Description, @Hostname, @ProjectId, @UserId, @VmState, @TaskState, @LastStop, @ImageId, @ImageProperties,
            @ImageDiskFormat, @ImageMinDisk, @ImageMinRam, @FlavorId, @FlavorName, @Memory, @Vcpus, @RootDisk, @KeyName, @PublicKey,
            @UserData, @AdminPassword, @Metadata, @Tags, @ConfigDrive, @NicModel, @NicMac, @NicSshPort, @IsolationUid, @AvailabilityZone,
            @ReservationId, @LaunchIndex, @AccessIPv4, @AccessIPv6, @CreatedAt, @UpdatedAt)
        """;

    public static ServerRow Of(Server server) => new()
    {
        Id = server.Id.ToString(),
        Name = server.Name,
        Description = server.Description,
        Hostname = server.Hostname,
        ProjectId = server.ProjectId,
        UserId = server.UserId,
        VmState = ServerStates.Word(server.State),
        TaskState = server.TaskState,
        LastStop = server.LastStop.ToString().ToLowerInvariant(),
        ImageId = server.Image.Id.ToString(),
        ImageProperties = JsonSerializer.Serialize(server.Image.Properties, ServerRowJson.Default.IReadOnlyDictionaryStringString),
        ImageDiskFormat = server.Image.DiskFormat,
        ImageMinDisk = server.Image.MinDisk,
        ImageMinRam = server.Image.MinRam,
        FlavorId = server.Flavor.Id,
        FlavorName = server.Flavor.Name,
        Memory = server.Flavor.Memory,
        Vcpus = server.Flavor.Vcpus,
        RootDisk = server.Flavor.Disk,
        KeyName = server.KeyName,
        PublicKey = server.PublicKey,
        UserData = server.UserData,
        AdminPassword = server.AdminPassword,
        Metadata = JsonSerializer.Serialize(server.Metadata, ServerRowJson.Default.IReadOnlyDictionaryStringString),
        Tags = JsonSerializer.Serialize(server.Tags, ServerRowJson.Default.IReadOnlyListString),
        ConfigDrive = server.ConfigDrive,
        NicModel = server.Nic?.Model,
        NicMac = server.Nic?.MacAddress,
        NicSshPort = server.Nic?.SshPort,
        IsolationUid = server.IsolationUid,
        AvailabilityZone = server.AvailabilityZone,
        ReservationId = server.ReservationId,
        LaunchIndex = server.LaunchIndex,
        AccessIPv4 = server.AccessIPv4,
        AccessIPv6 = server.AccessIPv6,
        CreatedAt = server.CreatedAt.ToMicroseconds(),
        UpdatedAt = server.UpdatedAt.ToMicroseconds(),
    };

    public Server ToServer() => new()
    {
        Id = Guid.Parse(Id),
        Name = Name,
        Description = Description,
        Hostname = Hostname,
        ProjectId = ProjectId,
        UserId = UserId,
        State = ServerStates.Parse(VmState),
        TaskState = TaskState,
        LastStop = Enum.Parse<LastStop>(LastStop, ignoreCase: true),
        Image = new ServerImage(Guid.Parse(ImageId),
            JsonSerializer.Deserialize(ImageProperties, ServerRowJson.Default.IReadOnlyDictionaryStringString)!, ImageDiskFormat, ImageMinDisk, ImageMinRam),
        Flavor = new ServerFlavor(FlavorId, FlavorName, Memory, Vcpus, RootDisk),
        KeyName = KeyName,
        PublicKey = PublicKey,
        UserData = UserData,
        AdminPassword = AdminPassword,
        Metadata = JsonSerializer.Deserialize(Metadata, ServerRowJson.Default.IReadOnlyDictionaryStringString)!,
        Tags = JsonSerializer.Deserialize(Tags, ServerRowJson.Default.IReadOnlyListString)!,
        ConfigDrive = ConfigDrive,
        Nic = NicModel is null ? null : new ServerNic(NicModel, NicMac!, NicSshPort!.Value),
        IsolationUid = (uint)IsolationUid,
        HasWholeDisk = HasWholeDisk,
        AvailabilityZone = AvailabilityZone,
        ReservationId = ReservationId,
        LaunchIndex = LaunchIndex,
        AccessIPv4 = AccessIPv4,
        AccessIPv6 = AccessIPv6,
        LockedBy = LockedBy,
        LockedReason = LockedReason,
        Fault = FaultMessage is null ? null : new ServerFault(FaultCode!.Value, FaultMessage, Timestamp.FromMicroseconds(FaultAt!.Value)),
        CreatedAt = Timestamp.FromMicroseconds(CreatedAt),
        UpdatedAt = Timestamp.FromMicroseconds(UpdatedAt),
        LaunchedAt = LaunchedAt is { } at ? Timestamp.FromMicroseconds(at) : null,
    };
}

[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(bool))]
internal sealed partial class ServerRowJson : JsonSerializerContext;
