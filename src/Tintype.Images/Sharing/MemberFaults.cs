using Tintype.Platform.Http;

namespace Tintype.Images.Sharing;

/// <summary>The refusals about members, with Glance's status and sentences.</summary>
internal static class MemberFaults
{
    extension(Fault)
    {
        public static Fault SharedImageNotFound(string id) => Fault.NotFound($"Image {id} not found.");

        public static Fault NotShared(string verb, Guid id) =>
            Fault.Forbidden($"Not allowed to {verb} members for image {id}: Only shared images have members.");

        public static Fault MemberNotFound(string member, Guid id) => Fault.NotFound($"{member} not found in the member list of the image {id}.");

        public static Fault DuplicateMember(string member, Guid id) => Fault.Conflict($"Member {member} is duplicated for image {id}");

        public static Fault TooManyMembers(Guid id, int attempted, int maximum) => new(FaultKind.PayloadTooLarge,
            $"Image member limit exceeded for image {id}: The limit has been exceeded on the number of allowed image members for this image. "
            + $"Attempted: {attempted}, Maximum: {maximum}:");
    }
}
