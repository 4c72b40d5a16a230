using CliWrap;

namespace Tintype.TestSupport;

/// <summary>Somebody who signs images: a key and a self-signed certificate made by openssl, of one of the types of OpenStack's image signatures.</summary>
public sealed class ImageSigner : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    private ImageSigner(string keyType) => KeyType = keyType;

    public static IReadOnlyList<string> KeyTypes { get; } =
        ["RSA-PSS", "DSA", "ECC_SECT571K1", "ECC_SECT409K1", "ECC_SECT571R1", "ECC_SECT409R1", "ECC_SECP521R1", "ECC_SECP384R1"];

    public string KeyType { get; }

    /// <summary>The certificate's name.</summary>
    public Guid Uuid { get; } = Guid.NewGuid();

    public string Certificate => _folder.Combine("certificate.pem");

    private string Key => _folder.Combine("key.pem");

    public static async Task<ImageSigner> CreateAsync(string keyType, CancellationToken ct)
    {
        var signer = new ImageSigner(keyType);
        await signer.MakeKeyAsync(ct);
        await RunAsync(ct, "req", "-x509", "-new", "-key", signer.Key, "-out", signer.Certificate, "-subj", "/CN=publisher", "-days", "2");
        return signer;
    }

    /// <summary>Puts the certificate where a server looks for it.</summary>
    public void PublishTo(string folder)
    {
        Directory.CreateDirectory(folder);
        File.Copy(Certificate, Path.Combine(folder, $"{Uuid}.pem"), overwrite: true);
    }

    /// <param name="method">SHA-256, for example.</param>
    /// <param name="salt">Of RSA-PSS: max, or digest for one as long as the hash.</param>
    /// <returns>Base64.</returns>
    public async Task<string> SignAsync(byte[] data, string method, CancellationToken ct, string salt = "max")
    {
        var (input, output) = (_folder.Combine("data"), _folder.Combine("signature"));
        await File.WriteAllBytesAsync(input, data, ct);
        string[] pss = KeyType == "RSA-PSS" ? ["-sigopt", "rsa_padding_mode:pss", "-sigopt", $"rsa_pss_saltlen:{salt}"] : [];
        await RunAsync(ct, ["dgst", $"-{method.Replace("SHA-", "sha", StringComparison.Ordinal)}", "-sign", Key, .. pss, "-out", output, input]);
        return Convert.ToBase64String(await File.ReadAllBytesAsync(output, ct));
    }

    /// <summary>The four properties, as members of a JSON object.</summary>
    public async Task<string> PropertiesAsync(byte[] data, string method, CancellationToken ct) => $"""
        "img_signature": "{await SignAsync(data, method, ct)}", "img_signature_hash_method": "{method}", "img_signature_key_type": "{KeyType}", "img_signature_certificate_uuid": "{Uuid}"
        """;

    public void Dispose() => _folder.Dispose();

    private async Task MakeKeyAsync(CancellationToken ct)
    {
        switch (KeyType)
        {
            case "RSA-PSS":
                await RunAsync(ct, "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", Key);
                break;
            case "DSA":
                var parameters = _folder.Combine("parameters.pem");
                // Short, so that they are found quickly; every hash but the shortest is cut to their order.
                await RunAsync(ct, "genpkey", "-genparam", "-algorithm", "DSA", "-pkeyopt", "dsa_paramgen_bits:1024", "-pkeyopt", "dsa_paramgen_q_bits:224", "-out", parameters);
                await RunAsync(ct, "genpkey", "-paramfile", parameters, "-out", Key);
                break;
            default:
                await RunAsync(ct, "ecparam", "-name", KeyType["ECC_".Length..].ToLowerInvariant(), "-genkey", "-noout", "-out", Key);
                break;
        }
    }

    private static Task RunAsync(CancellationToken ct, params string[] arguments) => Cli.Wrap("openssl").WithArguments(arguments).ExecuteAsync(ct);
}
