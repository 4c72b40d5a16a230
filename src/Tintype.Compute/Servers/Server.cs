namespace Tintype.Compute.Servers;

/// <summary>A server with everything that is kept about it.</summary>
internal sealed record Server
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public string? Description { get; init; }
    public required string Hostname { get; init; }
    public required string ProjectId { get; init; }
    public required string UserId { get; init; }
    public VmState State { get; init; } = VmState.Building;
    public string? TaskState { get; init; }
    public LastStop LastStop { get; init; }
    public required ServerImage Image { get; init; }
    public required ServerFlavor Flavor { get; init; }
    public string? KeyName { get; init; }
    public string? PublicKey { get; init; }

    /// <summary>Base64, as it was sent.</summary>
    public string? UserData { get; init; }

    /// <summary>Kept until the config drive is written, then forgotten.</summary>
    public string? AdminPassword { get; init; }
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<string> Tags { get; init; } = [];
    public bool ConfigDrive { get; init; } = true;
    public ServerNic? Nic { get; init; }
    public uint IsolationUid { get; init; }

    /// <summary>Whether its directory has all of its image's data, which lie in a store: the guest needs that no more.</summary>
    public bool HasWholeDisk { get; init; }
    public string AvailabilityZone { get; init; } = DefaultZone;
    public required string ReservationId { get; init; }
    public int LaunchIndex { get; init; }
    public string? AccessIPv4 { get; init; }
    public string? AccessIPv6 { get; init; }

    /// <summary><c>owner</c>, <c>admin</c> or null.</summary>
    public string? LockedBy { get; init; }
    public string? LockedReason { get; init; }
    public ServerFault? Fault { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? LaunchedAt { get; init; }

    public const string DefaultZone = "nova";

    public ServerRecord ToRecord(string directory) => new(Id, Name, ProjectId, UserId, State, TaskState, LastStop, Image.Id, Image.Properties,
        Image.DiskFormat, Image.MinDisk, Image.MinRam, Flavor.Memory, Flavor.Vcpus, Flavor.Disk, directory, IsolationUid);
}

/// <summary>What the image was when the server was made.</summary>
internal sealed record ServerImage(Guid Id, IReadOnlyDictionary<string, string> Properties, string DiskFormat, int MinDisk, int MinRam);

/// <summary>What the flavor was when the server was made. Memory in MiB, disk in GiB.</summary>
internal sealed record ServerFlavor(string Id, string Name, int Memory, int Vcpus, int Disk);

/// <param name="SshPort">On the host's 127.0.0.1; leads to the guest's port 22.</param>
internal sealed record ServerNic(string Model, string MacAddress, int SshPort);

/// <summary>Why the server is not well, a sentence for its user.</summary>
internal sealed record ServerFault(int Code, string Message, DateTimeOffset At);
