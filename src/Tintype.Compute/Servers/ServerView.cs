using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Tintype.Compute.Api;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol;
using Tintype.Protocol.Compute;

namespace Tintype.Compute.Servers;

/// <summary>
/// A server as clients see it, which depends on the version they speak and on whether they are administrators. How to reach a
/// guest is told twice: <c>addresses</c> has the guest's own address on its isolated network (fixed) and the host's 127.0.0.1
/// (floating), and the member <c>tintype:ssh</c>, which <c>openstack server show</c> prints, has the port on the latter.
/// </summary>
/// <param name="running">Whether the guest's QEMU runs.</param>
internal sealed class ServerView(HttpRequest request, Microversion version, Caller caller, Func<Guid, bool> running)
{
    public ServerSummary Summary(Server server) => new(server.Id.ToString(), server.Name, ComputeApi.LinksTo(request, "servers", server.Id.ToString()));

    /// <param name="alone">Whether it is shown by itself, not in a list.</param>
    public ServerDetail Detail(Server server, bool alone = true)
    {
        var status = ServerStates.StatusOf(server.State, server.TaskState);
        var detail = new ServerDetail
        {
            Id = server.Id.ToString(),
            Name = server.Name,
            Status = status,
            TenantId = server.ProjectId,
            UserId = server.UserId,
            Metadata = server.Metadata,
            HostId = HostIdOf(server.ProjectId),
            Image = new ServerImageView(server.Image.Id.ToString(), [ComputeApi.BookmarkTo(request, "images", server.Image.Id.ToString())]),
            Flavor = FlavorOf(server.Flavor),
            Created = server.CreatedAt.ToWire(),
            Updated = server.UpdatedAt.ToWire(),
            Addresses = AddressesOf(server),
            AccessIPv4 = server.AccessIPv4 ?? "",
            AccessIPv6 = server.AccessIPv6 ?? "",
            Links = ComputeApi.LinksTo(request, "servers", server.Id.ToString()),
            Progress = status is "ACTIVE" or "BUILD" ? 0 : null,
            AvailabilityZone = server.AvailabilityZone,
            ConfigDrive = server.ConfigDrive ? "True" : "",
            KeyName = server.KeyName,
            LaunchedAt = server.LaunchedAt is { } at ? ToMicroseconds(at) : null,
            TaskState = server.TaskState,
            VmState = ServerStates.Word(server.State),
            PowerState = ServerStates.PowerOf(server.State, running(server.Id)),
            Fault = status is "ERROR" or "SHUTOFF" ? FaultOf(server.Fault) : null,
            Ssh = server.Nic is { } nic && server.State == VmState.Active ? $"127.0.0.1:{nic.SshPort}" : null,
            Locked = version.Has(9) ? server.LockedBy is not null : null,
            Description = version.Has(19) ? new Optional<string>(server.Description) : default,
            Tags = version.Has(26) ? server.Tags : null,
            TrustedImageCertificates = version.Has(63) ? new Optional<string>(null) : default,
            ServerGroups = version.Has(71) && alone ? [] : null,
            LockedReason = version.Has(73) ? new Optional<string>(server.LockedReason) : default,
            Hostname = version.Has(90) ? server.Hostname : null,
        };
        return caller.IsAdmin ? ForAdmin(server, detail) : detail;
    }

    private ServerDetail ForAdmin(Server server, ServerDetail detail)
    {
        detail = detail with
        {
            Host = Environment.MachineName,
            HypervisorHostname = Environment.MachineName,
            InstanceName = $"instance-{server.Id}",
            HostStatus = version.Has(16) ? "UP" : null,
        };
        return !version.Has(3) ? detail : detail with
        {
            Hostname = server.Hostname,
            KernelId = "",
            RamdiskId = "",
            LaunchIndex = server.LaunchIndex,
            ReservationId = server.ReservationId,
            RootDeviceName = RootDeviceOf(server),
            UserData = new Optional<string>(server.UserData),
        };
    }

    public static IReadOnlyDictionary<string, IReadOnlyList<ServerAddress>> AddressesOf(Server server) =>
        server.Nic is not { } nic || server.LaunchedAt is null
            ? new Dictionary<string, IReadOnlyList<ServerAddress>>()
            : new Dictionary<string, IReadOnlyList<ServerAddress>>
            {
                [ServerNetwork.Name] =
                [
                    new(4, ServerNetwork.Address, "fixed", nic.MacAddress),
                    new(4, "127.0.0.1", "floating", nic.MacAddress),
                ],
            };

    private static ServerFaultView? FaultOf(ServerFault? fault) =>
        fault is null ? null : new ServerFaultView(fault.Code, fault.At.ToWire(), fault.Message);

    private ServerFlavorView FlavorOf(ServerFlavor flavor) => version.Has(47)
        ? new ServerFlavorView
        {
            OriginalName = flavor.Name,
            Vcpus = flavor.Vcpus,
            Ram = flavor.Memory,
            Disk = flavor.Disk,
            Ephemeral = 0,
            Swap = 0,
            ExtraSpecs = new Dictionary<string, string>(),
        }
        : new ServerFlavorView { Id = flavor.Id, Links = [ComputeApi.BookmarkTo(request, "flavors", flavor.Id)] };

    /// <summary>
    /// Tells a project whether two of its servers are on one host, without telling which: 56 hexadecimal digits, as Nova's SHA-224.
    /// </summary>
    public static string HostIdOf(string projectId) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(projectId + Environment.MachineName)))[..56];

    private static string RootDeviceOf(Server server) => server.Image.Properties.GetValueOrDefault("hw_disk_bus") switch
    {
        "scsi" or "sata" or "usb" => "/dev/sda",
        "ide" => "/dev/hda",
        _ => "/dev/vda",
    };

    private static string ToMicroseconds(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", System.Globalization.CultureInfo.InvariantCulture);
}
