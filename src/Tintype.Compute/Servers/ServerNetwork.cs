namespace Tintype.Compute.Servers;

/// <summary>
/// The network that every server with a card has of its own: QEMU's user network, which hands out one address by DHCP and leads
/// neither to the host nor anywhere else. The way in is a port of the host's 127.0.0.1 that leads to the guest's port 22.
/// </summary>
internal static class ServerNetwork
{
    public const string Name = "isolated";

    /// <summary>What QEMU's user network gives its first client.</summary>
    public const string Address = "10.0.2.15";
}
