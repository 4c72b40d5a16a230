namespace Tintype.Qemu.Nbd.Sockets;

/// <summary>
/// Where confined programs read the stored layers of their disks: each has a socket of its own in its own directory (<see cref="SocketName"/>), at
/// which it gets its own disks and no others. The socket goes on listening when this process ends, for the next one to serve.
/// </summary>
public interface IDiskSockets
{
    /// <summary>Within the program's directory, in which it runs.</summary>
    const string SocketName = "disk.sock";

    /// <summary>Takes up the sockets that an earlier server process has left, of programs that still run.</summary>
    Task ResumeAsync(CancellationToken ct);

    /// <summary>Makes a socket in the directory, in place of one that is there, and serves it.</summary>
    /// <param name="uid">The user that the program runs as when Tintype is root.</param>
    /// <param name="exports">The names of the disks.</param>
    /// <exception cref="IOException">It could not be made, or nobody would keep it.</exception>
    Task OfferAsync(string directory, uint uid, IReadOnlyList<string> exports, CancellationToken ct);

    /// <summary>Whether there is a socket in the directory that is served.</summary>
    bool IsOffered(string directory);

    /// <summary>Takes the socket away again. No error if there is none.</summary>
    Task WithdrawAsync(string directory);
}
