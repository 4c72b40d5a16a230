using Tintype.Images.Stores;
using Tintype.Platform.Http;

namespace Tintype.Images.Data;

/// <summary>The refusals about image data, with Glance's status.</summary>
internal static class DataFaults
{
    extension(Fault)
    {
        public static Fault NotOctetStream(string? contentType) => new(FaultKind.UnsupportedMediaType,
            $"The Content-Type is '{contentType}'; image data is sent as application/octet-stream.");

        public static Fault ImageTooLarge(long limit) => new(FaultKind.PayloadTooLarge,
            $"The image is larger than {limit} bytes, the most that is taken here.");

        public static Fault StorageFull(Exception inner) => new(FaultKind.PayloadTooLarge,
            "Image storage media is full: there is no room for the image's data. It can be uploaded again once there is.", inner);

        public static Fault InvalidSizePromise(string value) => Fault.BadRequest(
            $"The header x-openstack-image-size is '{value}'; it must be the image's size in bytes, a whole number.");

        public static Fault SizePromiseBroken(long promised, long actual) => Fault.BadRequest(
            $"The header x-openstack-image-size promises {promised} bytes, but {actual} were sent.");

        public static Fault UploadBrokeOff(long received, Exception inner) => new(FaultKind.BadRequest,
            $"The upload broke off after {received} bytes; nothing of it is kept, and it can be tried again.", inner);

        public static Fault UploadStalled(TimeSpan patience, long received, Exception inner) => new(FaultKind.RequestTimeout,
            $"Nothing has come for {patience.TotalSeconds:F0} s after {received} bytes; the upload was given up, nothing of it is kept, and it can be tried again.", inner);

        public static Fault ImageDataRefused(string reason) => new(FaultKind.UnsupportedMediaType, reason);

        public static Fault SeveralRanges(string header) => Fault.BadRequest(
            $"The range '{header}' consists of several; one is sent with each request.");

        public static Fault RangeNotSatisfiable(string header, long size) =>
            new Fault(FaultKind.RangeNotSatisfiable, $"The range '{header}' does not fit the image's {size} bytes; an example that does: bytes=0-{Math.Max(0, size - 1)}.")
                .WithHeader("Content-Range", $"bytes */{size}");

        /// <summary>QEMU reads files of this host.</summary>
        public static Fault NoLocalCopy(IReadOnlyList<string> stores) => Fault.Conflict(
            $"The image's data is in {(stores.Count == 0 ? "no store" : string.Join(", ", stores))}, where no guest of this host can read it; copy it to a local store first (import method copy-image).");

        /// <summary>It lies with others, who do not give it.</summary>
        public static Fault DataUnavailable(IOException cause) => new(FaultKind.Unavailable, $"The image's data cannot be read at present: {cause.Message}", cause);

        public static Fault UnknownStoreWish(string name, ImageStores stores) => Fault.BadRequest(
            $"There is no store '{name}' here to take the image's data; there is {string.Join(", ", stores.Writable)}.");

        public static Fault UnknownStorePreferred(string name, ImageStores stores) => Fault.BadRequest($"Store '{name}' is not configured.")
            .WithDetail($"'prefer' names stores to read from first; there is {string.Join(", ", stores.Shown.Select(store => store.Name))}.");

        public static Fault BodyNotExpected() => Fault.BadRequest("A body is not expected with this request.");
    }
}
