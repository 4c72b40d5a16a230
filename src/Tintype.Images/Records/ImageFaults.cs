using Tintype.Platform.Http;

namespace Tintype.Images.Records;

/// <summary>The refusals about image records, with Glance's status and sentences.</summary>
internal static class ImageFaults
{
    extension(Fault)
    {
        public static Fault ImageNotFound(Guid id) => Fault.NotFound($"No image found with ID {id}");

        public static Fault DuplicateImage(Guid id) => Fault.Conflict($"Image ID {id} already exists!");

        public static Fault NotAuthorized(string rule) => Fault.Forbidden($"You are not authorized to complete {rule} action.");

        public static Fault StatusTransition(ImageStatus from, ImageStatus to) =>
            Fault.Conflict($"Image status transition from {from.Word()} to {to.Word()} is not allowed");

        public static Fault FormatsMissing(IReadOnlyList<string> missing) => Fault.BadRequest(
            $"{(missing.Count == 1 ? "Property" : "Properties")} {string.Join(", ", missing)} must be set prior to saving data.");

        public static Fault Deactivated() =>
            Fault.Forbidden("The requested image has been deactivated. Image data download is forbidden.");

        public static Fault ImageGoneDuringUpload(Guid id) => new(FaultKind.Gone,
            $"Image {id} could not be found after upload. The image may have been deleted during the upload, cleaning up the chunks uploaded.");
    }
}
