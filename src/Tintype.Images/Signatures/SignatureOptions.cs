using Microsoft.Extensions.Options;

namespace Tintype.Images.Signatures;

/// <summary>Section <c>Images</c>: with what the signatures of images are verified.</summary>
internal sealed class SignatureOptions
{
    /// <summary>A folder with the certificates of those who sign images, each as <c>{uuid}.pem</c>. Without it no signed image is taken.</summary>
    public string? SignatureCertificates { get; set; }
}

/// <summary>Refuses to start with a folder that is not there.</summary>
internal sealed class SignatureOptionsCheck : IValidateOptions<SignatureOptions>
{
    public ValidateOptionsResult Validate(string? name, SignatureOptions options) =>
        string.IsNullOrEmpty(options.SignatureCertificates) || Directory.Exists(options.SignatureCertificates)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"Images:SignatureCertificates is '{options.SignatureCertificates}', which is no folder; it must be one of certificates, {{uuid}}.pem each.");
}
