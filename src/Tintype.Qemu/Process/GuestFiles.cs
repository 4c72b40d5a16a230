namespace Tintype.Qemu.Process;

/// <summary>The names that a guest's directory holds beside its disks.</summary>
public static class GuestFiles
{
    /// <summary>Written by the launch, before it becomes QEMU.</summary>
    public const string Pid = "qemu.pid";

    public const string QmpSocket = "qmp.sock";

    /// <summary>There only when the guest was started with an agent's channel.</summary>
    public const string AgentSocket = "agent.sock";

    /// <summary>
    /// The first serial port's output, over all starts. Its last <see cref="LogKept"/> bytes are there; before them there may be a hole, which
    /// reads as zeros.
    /// </summary>
    public const string ConsoleLog = "console.log";

    /// <summary>Bytes of a log's end that are kept while a guest writes without end; it occupies at most twice that and what comes in two seconds.</summary>
    public const int LogKept = 1024 * 1024;

    /// <summary>What QEMU itself said since its last start. Bounded like the console's log.</summary>
    public const string QemuLog = "qemu.log";

    /// <summary>
    /// Opens a file of a guest's directory for reading. Null if it is missing, or if the directory's user has put something else than a plain
    /// file there: a link may lead anywhere, and we may read everything.
    /// </summary>
    public static FileStream? TryOpen(string directory, string name) => OwnedDirectory.TryOpen(Path.Combine(directory, name));
}
