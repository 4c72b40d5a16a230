using System.ComponentModel.DataAnnotations;
using Tintype.Qemu.Process;

namespace Tintype.Snapshots.Verification;

/// <summary>Limits of boot &amp; test; section <c>Snapshots:Verification</c> of the configuration.</summary>
internal sealed class VerificationOptions
{
    public const string Section = "Snapshots:Verification";

    /// <summary>How long a guest may take to its agent's answer or its login prompt. A full Linux needs minutes without KVM.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan BootWithin { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a guest whose agent has answered is watched on for its login prompt, so that the console log and the picture show it as it is when
    /// it is up: an agent may be earlier than the first line of the console.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan SettleWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>MiB of memory a guest gets at least.</summary>
    [Range(64, 1024 * 1024)]
    public int MinimumMemory { get; init; } = 256;

    /// <summary>MiB of memory a guest gets at most, whatever the image's min_ram demands.</summary>
    [Range(64, 1024 * 1024)]
    public int MaximumMemory { get; init; } = 4096;

    /// <summary>How many bytes of the console's end are kept as evidence: a guest may print without end.</summary>
    [Range(1024, GuestFiles.LogKept)]
    public int ConsoleBytes { get; init; } = GuestFiles.LogKept;
}
