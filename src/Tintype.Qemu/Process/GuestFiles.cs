namespace Tintype.Qemu.Process;

/// <summary>The names that a guest's directory holds beside its disks.</summary>
public static class GuestFiles
{
    /// <summary>Written by QEMU once it is set up.</summary>
    public const string Pid = "qemu.pid";

    public const string QmpSocket = "qmp.sock";

    /// <summary>There only when the guest was started with an agent's channel.</summary>
    public const string AgentSocket = "agent.sock";

    /// <summary>The first serial port's output, over all starts.</summary>
    public const string ConsoleLog = "console.log";

    /// <summary>What QEMU itself said since its last start.</summary>
    public const string QemuLog = "qemu.log";
}
