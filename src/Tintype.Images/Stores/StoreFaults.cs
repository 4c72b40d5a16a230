using Tintype.Platform.Http;

namespace Tintype.Images.Stores;

/// <summary>The refusals about stores, with Glance's status and sentences.</summary>
internal static class StoreFaults
{
    extension(Fault)
    {
        public static Fault StoreNotHere(string name) => Fault.Conflict($"The selected store {name} is not available on this node.");

        public static Fault StoredImageNotFound(string id) => Fault.NotFound($"Failed to find image {id}");

        public static Fault StoredImageNotActive() =>
            Fault.Conflict("It's not allowed to remove image data from store if image status is not 'active'");

        public static Fault LastCopy() => Fault.Forbidden(
            "Cannot delete image data from the only store containing it. Consider deleting the image instead.");

        public static Fault NotInStore(Guid id, string store) => Fault.NotFound($"Image {id} is not stored in store {store}.");

        public static Fault CopyInUse(Guid id, string store) => Fault.Conflict(
            $"The data for Image {id} could not be deleted because it is in use: the disk of an instance lies on the copy in {store}. Delete the instance first.");
    }
}
