using Tintype.Images.Records;
using Tintype.Platform.Http;

namespace Tintype.Images.Locations;

/// <summary>The refusals about locations, with Glance's status, and its sentence first.</summary>
internal static class LocationFaults
{
    extension(Fault)
    {
        public static Fault LocationsInvisible(string operation) =>
            Fault.Forbidden($"It's not allowed to {operation} locations if locations are invisible.");

        public static Fault LocationsNotNow(string operation, ImageStatus status) =>
            Fault.Conflict($"It's not allowed to {operation} locations if image status is {status.Word()}.");

        public static Fault InvalidLocation(string reason, Exception? inner = null) =>
            new Fault(FaultKind.BadRequest, "Invalid location", inner).WithDetail(reason);

        public static Fault DuplicateLocation(string url) => Fault.BadRequest($"The location {url} already exists");

        public static Fault LocationsNotEmpty(IEnumerable<string> urls) => Fault.BadRequest($"Original locations is not empty: [{string.Join(", ", urls)}]");

        public static Fault LocationPosition(string operation, string position, int count) => new Fault(FaultKind.BadRequest,
            $"Invalid position for {operation} a location.").WithDetail($"The position is '{position}'; it is '-', or a number, and there {(count == 1 ? "is 1 location" : $"are {count} locations")}.");

        public static Fault LastLocation() => Fault.Forbidden("Cannot remove last location in the image.");

        public static Fault LocationForServices() => Fault.Forbidden("http store must be enabled to use location API by normal user.");
    }
}
