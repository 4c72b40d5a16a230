using Tintype.Platform.Http;

namespace Tintype.Images.Records;

/// <summary>The refusals about image records, with Glance's status and sentences.</summary>
internal static class ImageFaults
{
    extension(Fault)
    {
        public static Fault ImageNotFound(Guid id) => Fault.ImageNotFound(id.ToString());

        public static Fault ImageNotFound(string id) => Fault.NotFound($"No image found with ID {id}");

        /// <summary>Glance says it in another way for each.</summary>
        public static Fault ImageNotFound(ImageAction action, string id) => action switch
        {
            ImageAction.Delete => Fault.NotFound($"Failed to find image {id} to delete"),
            ImageAction.Tag => Fault.NotFound($"Image {id} not found."),
            _ => Fault.ImageNotFound(id),
        };

        public static Fault DuplicateImage(Guid id) => Fault.Conflict($"Image ID {id} already exists!");

        public static Fault NotAuthorized(string rule) => Fault.Forbidden($"You are not authorized to complete {rule} action.");

        public static Fault StatusTransition(ImageStatus from, ImageStatus to) =>
            Fault.Conflict($"Image status transition from {from.Word()} to {to.Word()} is not allowed");

        public static Fault FormatsMissing(IReadOnlyList<string> missing) => Fault.BadRequest(
            $"{(missing.Count == 1 ? "Property" : "Properties")} {string.Join(", ", missing)} must be set prior to saving data.");

        public static Fault FormatIsFixed(string attribute) =>
            Fault.Forbidden($"Attribute {attribute} can be only replaced for a queued image.");

        public static Fault Deactivated() =>
            Fault.Forbidden("The requested image has been deactivated. Image data download is forbidden.");

        public static Fault ProtectedImage(Guid id) => Fault.Forbidden($"Image {id} is protected and cannot be deleted.");

        public static Fault ImageGoneDuringUpload(Guid id) => new(FaultKind.Gone,
            $"Image {id} could not be found after upload. The image may have been deleted during the upload, cleaning up the chunks uploaded.");

        public static Fault ReadOnlyAttribute(string name) => Fault.Forbidden($"Attribute '{name}' is read-only.");

        public static Fault ReservedAttribute(string name) => Fault.Forbidden($"Attribute '{name}' is reserved.");

        public static Fault SchemaMismatch(string reason, string attribute, string value) => Fault.BadRequest(
            $"Provided object does not match schema 'image': {reason}\n\nOn instance['{attribute}']:\n    {value}");

        public static Fault QuotaExceeded(string what, int attempted, int maximum) => new(FaultKind.PayloadTooLarge,
            $"The limit has been exceeded on the number of allowed {what}. Attempted: {attempted}, Maximum: {maximum}");

        /// <summary>403 where Glance gives its generic sentence and puts the cause beneath.</summary>
        public static Fault Denied(string cause) => Fault.Forbidden("Access was denied to this resource.").WithDetail(cause);

        /// <summary>409 where Glance gives its generic sentence and puts the cause beneath.</summary>
        public static Fault Clash(string cause) =>
            Fault.Conflict("There was a conflict when trying to complete your request.").WithDetail(cause);
    }
}
