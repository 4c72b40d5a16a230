using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Compute.Api;

/// <summary>Nova's refusals that concern more than one feature.</summary>
internal static class ComputeFaults
{
    extension(Fault)
    {
        public static Fault PolicyForbids(string rule) => Fault.Forbidden($"Policy doesn't allow {rule} to be performed.");

        public static Fault MarkerNotFound(string marker) => Fault.BadRequest($"marker [{marker}] not found");
    }

    extension(Caller caller)
    {
        /// <summary>Only those who may change what the project owns.</summary>
        public void RequireMember(string rule)
        {
            if (!caller.IsMember)
                throw Fault.PolicyForbids(rule);
        }

        public void RequireAdmin(string rule)
        {
            if (!caller.IsAdmin)
                throw Fault.PolicyForbids(rule);
        }
    }
}
