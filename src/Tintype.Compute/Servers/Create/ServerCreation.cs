using Microsoft.Extensions.Options;
using Tintype.Compute.Api;
using Tintype.Compute.Flavors;
using Tintype.Compute.Guests;
using Tintype.Compute.Hosts;
using Tintype.Compute.Keypairs;
using Tintype.Compute.Servers.Life;
using Tintype.Images.Records;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;

namespace Tintype.Compute.Servers.Create;

/// <summary>
/// Decides whether a server can be had, writes it down as being built, and queues the build in the same transaction: a server
/// that was answered for is built whatever happens to this process.
/// </summary>
internal sealed class ServerCreation(
    MetadataDatabase database, ServerRepository servers, ServerActionRepository actions, FlavorCatalog flavors, KeypairRepository keypairs,
    IImageCatalog images, IsolationUids uids, TaskQueue tasks, TimeProvider time, IOptions<ComputeOptions> options)
{
    /// <exception cref="Fault">400 or 403, in Nova's words.</exception>
    public async Task<IReadOnlyList<Server>> CreateAsync(ServerCreateRequest asked, Caller caller, string requestId, CancellationToken ct)
    {
        caller.RequireMember("os_compute_api:servers:create");
        var flavor = await flavors.FindAsync(asked.FlavorId, ct) is { } found && (found.IsPublic || caller.IsAdmin) ? found
            : throw Fault.BadRequest($"Flavor {asked.FlavorId} could not be found.");
        var image = await images.FindVisibleAsync(asked.ImageId, caller, ct) ?? throw Fault.BadRequest("Can not find requested image");
        if (image.Status != ImageStatus.Active)
            throw Fault.BadRequest($"Image {image.Id} is not active.");
        FlavorFit.Require(flavor, image);
        var hardware = GuestHardware.Of(image.Id, image.Properties);
        string? publicKey = null;
        if (asked.KeyName is { } keyName)
            publicKey = (await keypairs.FindAsync(caller.UserId, keyName, ct) ?? throw Fault.BadRequest("Invalid key_name provided.")).PublicKey;
        return await database.WriteAsync(scope => WriteAsync(scope, asked, caller, requestId, flavor, image, hardware, publicKey), ct);
    }

    private async Task<IReadOnlyList<Server>> WriteAsync(WriteScope scope, ServerCreateRequest asked, Caller caller, string requestId,
        Flavor flavor, ImageRecord image, GuestHardware hardware, string? publicKey)
    {
        var count = await AdmitAsync(scope, asked, caller);
        var (ports, taken) = await ServerRepository.ListTakenAsync(scope);
        var (usedPorts, usedUids) = (ports.ToHashSet(), taken.ToHashSet());
        var reservation = ServerNaming.NewReservationId();
        var made = new List<Server>(count);
        for (var index = 0; index < count; index++)
        {
            var uid = uids.Pick(usedUids) ?? throw Fault.NoValidHost("All user ids for guests are in use.");
            usedUids.Add(uid);
            ServerNic? nic = null;
            if (asked.WithNic)
            {
                nic = new ServerNic(hardware.NicModel, ServerNaming.NewMacAddress(), GuestSpecs.PickPort(options.Value, usedPorts));
                usedPorts.Add(nic.SshPort);
            }

            var server = Describe(asked, caller, flavor, image, index, count) with
            {
                PublicKey = publicKey, Nic = nic, IsolationUid = uid, ReservationId = reservation,
            };
            await servers.InsertAsync(scope, server);
            await actions.BeginAsync(scope, server.Id, "create", requestId, caller.ProjectId, caller.UserId);
            await tasks.EnqueueAsync(scope, new NewTask(ServerTask.Build, server.Id, server.ProjectId, caller.UserId, requestId, "{}"));
            made.Add(server);
        }

        return made;
    }

    // As many as were asked for at most, or, when there is no room for all, as many as there is room for, if that is enough.
    private async Task<int> AdmitAsync(WriteScope scope, ServerCreateRequest asked, Caller caller)
    {
        var used = await ServerRepository.CountAsync(scope, caller.ProjectId);
        var free = Math.Max(0, options.Value.MaxServers - used);
        return free >= asked.MinCount ? Math.Min(free, asked.MaxCount)
            : throw Fault.Forbidden($"Quota exceeded for instances: Requested {asked.MinCount}, but already used {used} of {options.Value.MaxServers} instances");
    }

    private Server Describe(ServerCreateRequest asked, Caller caller, Flavor flavor, ImageRecord image, int index, int count)
    {
        var id = Guid.NewGuid();
        var name = ServerNaming.NameOf(asked.Name, index, count);
        var now = time.GetUtcNow();
        return new Server
        {
            Id = id,
            Name = name,
            Description = asked.Description,
            Hostname = asked.Hostname ?? ServerNaming.HostnameOf(name, id),
            ProjectId = caller.ProjectId,
            UserId = caller.UserId,
            TaskState = TaskStates.Scheduling,
            Image = new ServerImage(image.Id, Inherit(image, caller), image.DiskFormat!, image.MinDisk, image.MinRam),
            Flavor = new ServerFlavor(flavor.Id, flavor.Name, flavor.Memory, flavor.Vcpus, flavor.Disk),
            KeyName = asked.KeyName,
            UserData = asked.UserData,
            AdminPassword = asked.AdminPassword is { Length: > 0 } own ? own : ServerNaming.NewPassword(),
            Metadata = asked.Metadata,
            Tags = asked.Tags,
            ConfigDrive = asked.ConfigDrive ?? true,
            ReservationId = "",
            LaunchIndex = index,
            AccessIPv4 = asked.AccessIPv4,
            AccessIPv6 = asked.AccessIPv6,
            CreatedAt = now,
            UpdatedAt = now,
        };
    }

    /// <summary>What the server keeps of its image and its maker for the images that will be made of it, as Nova's system metadata does.</summary>
    internal static Dictionary<string, string> Inherit(ImageRecord image, Caller caller)
    {
        // The system's own words are about the image, not about what is made of it.
        var kept = image.Properties.Where(p => !p.Key.StartsWith("tintype_", StringComparison.Ordinal)).ToDictionary();
        kept["owner_project_name"] = caller.ProjectName;
        kept["owner_user_name"] = caller.UserName;
        kept["boot_roles"] = string.Join(',', caller.Roles);
        return kept;
    }
}
