using Tintype.Platform.Http;

namespace Tintype.Images.Import;

/// <summary>Why an import fails, for the user who reads its task.</summary>
internal static class ImportFaults
{
    extension(Fault)
    {
        public static Fault CopyDiffers(string store, string expected, string found) => new(FaultKind.ServerError,
            $"What was written into the store '{store}' has the hash {found} and not {expected}: the data was damaged on its way. Nothing of it is kept.");

        public static Fault StagedDataGone() => Fault.Conflict("The staged data is gone; stage it again.");

        public static Fault ImageGoneDuringImport(Guid id) => new(FaultKind.Gone, $"Image {id} was deleted, or given back to the queue, while it was being imported.");

        public static Fault NotPacked(string known) => Fault.BadRequest(
            $"The container_format is 'compressed', but the data is in none of the ways of packing that are known here: {known}.");

        public static Fault NoStoreTookIt(string reason) => new(FaultKind.ServerError, $"None of the stores took the image: {reason}");

        public static Fault StoreNotConfigured(string store) => Fault.Conflict($"The store '{store}' is not configured any more.");
    }
}
