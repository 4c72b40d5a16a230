using System.Net.Sockets;
using Tintype.Platform.Http;
using Tintype.Qemu.Disks;
using Tintype.Qemu.GuestAgent;
using Tintype.Qemu.Qmp;

namespace Tintype.Snapshots.Capture;

/// <summary>Why a snapshot failed, for its user.</summary>
internal static class SnapshotFailure
{
    public static string Explain(Exception failure, string requestId) => Known(failure)
        ?? $"Something unexpected went wrong; the server's log has the reason under {requestId}.";

    /// <summary>The same as a refusal that the task keeps; what nobody foresaw stays what it is.</summary>
    public static Exception AsFault(Exception failure) =>
        failure is Fault || Known(failure) is not { } reason ? failure : new Fault(FaultKind.Conflict, reason, failure);

    private static string? Known(Exception failure) => failure switch
    {
        Fault => failure.Message,
        QmpException or TimeoutException => $"The guest's disk could not be captured: {failure.Message}",
        GuestAgentException => $"The guest agent failed: {failure.Message}",
        DiskToolException => $"The captured disk could not be read: {failure.Message}",
        // A full store, a QEMU that is gone: both say so themselves.
        IOException or SocketException => $"The snapshot could not be completed: {failure.Message}",
        _ => null,
    };
}
