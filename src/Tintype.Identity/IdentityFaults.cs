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

        public static Fault DomainNotFound(string id) => Fault.NotFound($"Could not find domain: {id}.");

        public static Fault ProjectNotFound(string id) => Fault.NotFound($"Could not find project: {id}.");

        public static Fault UserNotFound(string id) => Fault.NotFound($"Could not find user: {id}.");

        public static Fault RoleNotFound(string id) => Fault.NotFound($"Could not find role: {id}.");

        public static Fault AssignmentNotFound(string role, string user, string project) => Fault.NotFound(
            $"Could not find role assignment with role: {role}, user or group: {user}, project, domain, or system: {project}.");

        public static Fault ProjectNameTaken(string name) => Fault.Conflict(
            $"Conflict occurred attempting to store project - it is not permitted to have two projects with the same name in the same domain : {name}.");

        public static Fault UserNameTaken(string name, string domainId) => Fault.Conflict(
            $"Conflict occurred attempting to store user - Duplicate entry found with name {name} at domain ID {domainId}.");

        public static Fault RoleNameTaken(string name) =>
            Fault.Conflict($"Conflict occurred attempting to store role - Duplicate entry found with name {name}.");

        /// <param name="verb">delete or update.</param>
        public static Fault ImmutableRole(string verb, string id) => Fault.Forbidden(
            $"Unable to {verb} immutable role resource: `{id}`. Set resource option \"immutable\" to false first.");
    }
}
