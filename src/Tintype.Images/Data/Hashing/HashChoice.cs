using Microsoft.Extensions.Options;

namespace Tintype.Images.Data.Hashing;

/// <summary>Refuses to start with an algorithm that data cannot, or should not, be hashed by.</summary>
internal sealed class HashChoice : IValidateOptions<ImageDataOptions>
{
    public ValidateOptionsResult Validate(string? name, ImageDataOptions options)
    {
        if (HashKind.Choices.FirstOrDefault(kind => kind.Name == options.HashAlgorithm) is not { } chosen)
            return ValidateOptionsResult.Fail($"Images:HashAlgorithm is '{options.HashAlgorithm}'; it must be one of {string.Join(", ", HashKind.Choices.Select(kind => kind.Name))}.");
        try
        {
            chosen.Begin().Dispose();
            return ValidateOptionsResult.Success;
        }
        catch (PlatformNotSupportedException)
        {
            return ValidateOptionsResult.Fail($"Images:HashAlgorithm is '{chosen.Name}', which this system's OpenSSL does not have; sha512 and sha256 are always there.");
        }
    }
}
