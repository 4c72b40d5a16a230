using Tintype.Platform.Http;

namespace Tintype.Images.Signatures;

/// <summary>The refusals about signatures, with Glance's status and sentences.</summary>
internal static class SignatureFaults
{
    extension(Fault)
    {
        /// <summary>The signature cannot be verified at all.</summary>
        public static Fault SignatureUnverifiable(Guid image, string reason, string? hint = null, Exception? inner = null) => new(FaultKind.BadRequest,
            $"Signature verification failed for image {image}: Signature verification for the image failed: {reason}.{(hint is null ? "" : $" {hint}")}", inner);

        public static Fault SignatureWrong(Guid image) => Fault.BadRequest(
            $"Signature verification failed for image {image}: Signature verification failed: the data is not what was signed, or the signature was made with another key than the certificate's, or in another way than img_signature_key_type and img_signature_hash_method say.");

        public static Fault SignatureChanged(Guid image) => Fault.Conflict(
            $"The signature properties of image {image} were changed while its data came, so that it was held against others; send the data again.");
    }
}
