using Tintype.Platform.Http;

namespace Tintype.Images.Uploads;

/// <summary>The refusals of resumable uploads, with the status that the tus protocol 1.0.0 gives them.</summary>
internal static class UploadFaults
{
    extension(Fault)
    {
        public static Fault UploadNotFound(Guid id) => Fault.NotFound($"There is no upload {id}, or none of your project; a new one begins with POST {TusProtocol.Root}.");

        public static Fault UploadExpired(Guid id, DateTimeOffset at) => new(FaultKind.Gone,
            $"The upload {id} has expired at {at:u}, without progress for too long; a new one begins with POST {TusProtocol.Root}.");

        public static Fault UploadGone(Guid id) => new(FaultKind.Gone,
            $"The upload {id} was ended meanwhile: it was terminated, or its image was deleted.");

        public static Fault UploadBusy(Guid id) => new(FaultKind.Locked,
            $"Another request is sending bytes of the upload {id}; go on once it has ended, from the offset that HEAD tells then.");

        public static Fault OffsetMismatch(long sent, long actual) => Fault.Conflict(
            $"The header Upload-Offset is {sent}, but {actual} bytes of the upload are here; go on from there.");

        public static Fault BeyondLength(long length) => new(FaultKind.PayloadTooLarge,
            $"There are more bytes than the {length} that Upload-Length promised; go on from the offset that HEAD tells.");

        public static Fault ChecksumMismatch(UploadChecksum checksum, string found) => new(FaultKind.ChecksumMismatch,
            $"The bytes have the {checksum.Name} {found}, but the header Upload-Checksum says {checksum.Expected}; nothing of this request is kept.");

        public static Fault NotAnOffset(string name, string value) => Fault.BadRequest(
            $"The header {name} is '{value}'; it must be a number of bytes, whole and not negative.");

        public static Fault LengthMissing() => Fault.BadRequest(
            "The header Upload-Length is missing; it must be the image's size in bytes, and cannot be told later (Upload-Defer-Length), since room is reserved for it.");

        public static Fault NotConcatenable() => Fault.BadRequest(
            "The header Upload-Concat asks for uploads in parts that are joined later; an image's data comes in one upload.");

        public static Fault NotOffsetOctetStream(string? contentType) => new(FaultKind.UnsupportedMediaType,
            $"The Content-Type is '{contentType}'; bytes of an upload are sent as {TusProtocol.ContentType}.");

        public static Fault OtherTusVersion(string? version) => new Fault(FaultKind.PreconditionFailed,
            version is null
                ? $"The header Tus-Resumable is missing; it must be the version of the tus protocol, {TusProtocol.Version}."
                : $"The header Tus-Resumable is '{version}'; the version of the tus protocol here is {TusProtocol.Version}.")
            .WithHeader("Tus-Version", TusProtocol.Version);

        public static Fault PieceBrokeOff(long kept, Exception inner) => new(FaultKind.Unavailable,
            $"The bytes stopped coming; {kept} of the upload are kept, and it can go on from there.", inner);
    }
}
