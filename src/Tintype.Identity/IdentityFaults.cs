using Tintype.Platform.Http;

namespace Tintype.Identity;

/// <summary>Keystone's refusals, in its words: clients and their users know them.</summary>
internal static class IdentityFaults
{
    extension(Fault)
    {
        public static Fault TooManySignIns() =>
            Fault.Unavailable("Too many sign-ins are waiting to be checked; try again in a few seconds.").WithHeader("Retry-After", "5");

        public static Fault UnsupportedAuthMethod() => Fault.Unauthorized("Attempted to authenticate with an unsupported method.");

        /// <param name="action">The rule's name, for example identity:create_user.</param>
        public static Fault NotAuthorized(string action) =>
            Fault.Forbidden($"You are not authorized to perform the requested action: {action}.");
    }
}
