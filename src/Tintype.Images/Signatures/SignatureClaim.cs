namespace Tintype.Images.Signatures;

/// <summary>What an image says of the signature of its data, word for word. The names are those of OpenStack's image signatures.</summary>
/// <param name="Value">Base64.</param>
internal sealed record SignatureClaim(string Value, string HashMethod, string KeyType, string Certificate)
{
    private const string ValueName = "img_signature";
    private const string HashMethodName = "img_signature_hash_method";
    private const string KeyTypeName = "img_signature_key_type";
    private const string CertificateName = "img_signature_certificate_uuid";

    /// <summary>Null unless all four are said: as in Glance, an image with fewer is not a signed one.</summary>
    public static SignatureClaim? Of(IReadOnlyDictionary<string, string> properties) =>
        properties.TryGetValue(ValueName, out var value) && properties.TryGetValue(HashMethodName, out var hash)
        && properties.TryGetValue(KeyTypeName, out var key) && properties.TryGetValue(CertificateName, out var certificate)
            ? new SignatureClaim(value, hash, key, certificate) : null;
}
