using Tintype.Platform.Http;

namespace Tintype.Compute.Servers;

internal static class ServerFaults
{
    extension(Fault)
    {
        public static Fault ServerNotFound(string id) => Fault.NotFound($"Instance {id} could not be found.");

        public static Fault ServerNotFound(Guid id) => Fault.ServerNotFound(id.ToString());

        public static Fault ServerLocked(Guid id) => Fault.Conflict($"Instance {id} is locked");

        public static Fault NoValidHost(string reason) => new(FaultKind.ServerError, $"No valid host was found. {reason}");
    }
}
