using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Tintype.Compute.Servers;
using Tintype.Images.Data;
using Tintype.Platform.Http;
using Tintype.Qemu.Process;

namespace Tintype.Compute.Guests;

/// <summary>
/// What QEMU is told to build for a server. Its disk is the overlay on the image's data; where these lie in a store, there is a layer in between that keeps
/// what has been read of them, and that stands for them once it has all of them:
/// <code>
/// a file:    overlay ─► file
/// a store:   overlay ─► cache ─► store   until the cache is full, then   overlay ─► cache
/// </code>
/// </summary>
internal sealed class GuestSpecs(GuestDirectories directories, IBlobReferences blobs, ServerRepository servers, IOptions<ComputeOptions> options)
{
    public static BlobHolder HolderOf(Guid serverId) => new("server", serverId);

    /// <summary>The overlay, then the image's data: what anybody but its own guest reads.</summary>
    /// <exception cref="Fault">The server's disk has lost what it lies on.</exception>
    public async Task<IReadOnlyList<DiskLayer>> LayersAsync(Guid serverId, CancellationToken ct)
    {
        var blob = await blobs.FindAsync(HolderOf(serverId), ct)
            ?? throw Fault.Conflict($"Instance {serverId} has no disk: its image's data are not held.");
        return ServerDisk.Layers(directories.OverlayOf(serverId), blob);
    }

    /// <summary>Whether the server's disk may still need the store that its image lies in.</summary>
    public bool HasCache(Server server) => !server.HasWholeDisk && File.Exists(directories.CacheOf(server.Id));

    /// <summary>The disk as the server's own guest has it.</summary>
    /// <exception cref="Fault">The server's disk has lost what it lies on.</exception>
    public async Task<IReadOnlyList<DiskLayer>> ChainAsync(Server server, CancellationToken ct)
    {
        var cache = new DiskLayer(directories.CacheOf(server.Id), "qcow2");
        if (server.HasWholeDisk)
            return [new DiskLayer(directories.OverlayOf(server.Id), "qcow2"), cache];
        var layers = await LayersAsync(server.Id, ct);
        // It has parts of the same content, wherever that lies by now.
        return HasCache(server) ? [layers[0], cache, layers[1]] : layers;
    }

    public async Task<GuestSpec> ForAsync(Server server, CancellationToken ct)
    {
        var hardware = GuestHardware.Of(server.Image.Id, server.Image.Properties);
        var configDrive = directories.ConfigDriveOf(server.Id);
        return new GuestSpec(server.Id, server.Name, directories.Of(server.Id), server.Flavor.Memory, server.Flavor.Vcpus,
            [new GuestDisk(await ChainAsync(server, ct), hardware.Bus)], await NicOfAsync(server, ct),
            File.Exists(configDrive) ? configDrive : null, hardware.AgentChannel, server.IsolationUid, options.Value.OutagePatience);
    }

    private async Task<GuestNic?> NicOfAsync(Server server, CancellationToken ct)
    {
        if (server.Nic is not { } nic)
            return null;
        var port = nic.SshPort;
        if (!IsFree(port))
        {
            // Another program took it while the server was off: no reason to leave the server off.
            port = await servers.ReplaceSshPortAsync(server.Id, taken => PickPort(options.Value, taken), ct);
        }

        return new GuestNic(nic.Model, nic.MacAddress, port);
    }

    /// <summary>A port of 127.0.0.1 that no server holds and nobody listens on.</summary>
    /// <exception cref="Fault">All are taken.</exception>
    public static int PickPort(ComputeOptions options, IReadOnlySet<int> taken)
    {
        for (var port = options.SshPortFirst; port < options.SshPortFirst + options.SshPortCount; port++)
        {
            if (!taken.Contains(port) && IsFree(port))
                return port;
        }

        throw Fault.NoValidHost($"No port from {options.SshPortFirst} to {options.SshPortFirst + options.SshPortCount - 1} of 127.0.0.1 is free for ssh to the guest.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
