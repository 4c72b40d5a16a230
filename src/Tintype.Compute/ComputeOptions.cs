using System.ComponentModel.DataAnnotations;

namespace Tintype.Compute;

/// <summary>The section <c>Compute</c> of the configuration.</summary>
public sealed class ComputeOptions
{
    /// <summary>Seconds that a guest gets to shut itself down, where its image has no os_shutdown_timeout (Nova's shutdown_timeout).</summary>
    [Range(1, 86400)]
    public int ShutdownTimeout { get; set; } = 60;

    /// <summary>Seconds that a guest gets to reboot itself before it is reset (Nova's wait_soft_reboot_seconds).</summary>
    [Range(1, 86400)]
    public int SoftRebootTimeout { get; set; } = 120;

    /// <summary>MiB that a QEMU process takes beside its guest's memory.</summary>
    [Range(0, 16384)]
    public int QemuOverhead { get; set; } = 128;

    /// <summary>MiB of the host's memory that guests never get.</summary>
    [Range(0, 1048576)]
    public int HostReserve { get; set; } = 256;

    /// <summary>
    /// The first of the user ids that guests run as when Tintype is root. The default lies where no distribution hands out any
    /// (systemd's table of user ids calls 1879048192 to 2147352575 unused).
    /// </summary>
    [Range(1000, 4294967000L)]
    public long IsolationUidFirst { get; set; } = 1_900_000_000;

    /// <summary>How many user ids guests have; each running or stopped server holds one.</summary>
    [Range(512, 1_000_000)]
    public int IsolationUidCount { get; set; } = 4096;

    /// <summary>
    /// Seconds for which a guest's reads of an image that lies in a store of disks wait while no server gives it; then the guest stands still
    /// until one does.
    /// </summary>
    [Range(1, 86400)]
    public int OutagePatience { get; set; } = 60;

    /// <summary>
    /// MiB a second of such an image that are fetched in the background for each guest, so that it comes to need the store no more; 0 leaves it at
    /// what the guest reads.
    /// </summary>
    [Range(0, 1_000_000)]
    public int FillRate { get; set; } = 64;

    /// <summary>The first of the ports of the host's 127.0.0.1 that lead to servers' port 22.</summary>
    [Range(1024, 65000)]
    public int SshPortFirst { get; set; } = 22000;

    /// <summary>How many such ports there are.</summary>
    [Range(1, 10000)]
    public int SshPortCount { get; set; } = 2000;

    /// <summary>How many servers of one project there may be at most.</summary>
    [Range(1, 100000)]
    public int MaxServers { get; set; } = 100;
}
