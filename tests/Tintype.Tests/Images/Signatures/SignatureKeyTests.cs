using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.X509;
using Tintype.Images.Signatures;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.Tests.Images.Signatures;

/// <summary>Signatures by openssl, which stands behind cursive as behind every other that signs images.</summary>
public sealed class SignatureKeyTests
{
    private static readonly byte[] _data = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> KeyTypes { get; } = [.. ImageSigner.KeyTypes];

    [Theory]
    [MemberData(nameof(KeyTypes))]
    public async Task What_is_signed_is_verified_by_every_hash_and_nothing_else_is(string keyType)
    {
        using var signer = await ImageSigner.CreateAsync(keyType, Ct);
        var key = new X509CertificateParser().ReadCertificate(await File.ReadAllBytesAsync(signer.Certificate, Ct)).GetPublicKey();
        Assert.True(SignatureKey.IsKnown(keyType));
        Assert.Equal(ImageSigner.KeyTypes.Where(type => type[..3] == keyType[..3]), ImageSigner.KeyTypes.Where(type => SignatureKey.IsOf(key, type)));
        foreach (var method in new[] { "SHA-224", "SHA-256", "SHA-384", "SHA-512" })
        {
            var signature = Convert.FromBase64String(await signer.SignAsync(_data, method, Ct));
            Assert.True(await VerifiesAsync(key, method, _data, signature), method);
            Assert.False(await VerifiesAsync(key, method, _data[1..], signature), method);
            Assert.False(await VerifiesAsync(key, method, _data, [.. signature[..^1], (byte)(signature[^1] ^ 1)]), method);
            Assert.False(await VerifiesAsync(key, method == "SHA-256" ? "SHA-384" : "SHA-256", _data, signature), method);
            // Neither DER nor as long as the key.
            Assert.False(await VerifiesAsync(key, method, _data, [1, 2, 3]), method);
            Assert.False(await VerifiesAsync(key, method, _data, signature[..^1]), method);
        }
    }

    [Fact]
    public async Task The_salt_must_be_the_longest_as_cursive_has_it()
    {
        using var signer = await ImageSigner.CreateAsync("RSA-PSS", Ct);
        var key = new X509CertificateParser().ReadCertificate(await File.ReadAllBytesAsync(signer.Certificate, Ct)).GetPublicKey();
        Assert.False(await VerifiesAsync(key, "SHA-256", _data, Convert.FromBase64String(await signer.SignAsync(_data, "SHA-256", Ct, salt: "digest"))));
    }

    [Theory]
    [InlineData("YWJj", "abc")]
    [InlineData(" Y W\nJ j\n", "abc")]
    [InlineData("", "")]
    [InlineData("YWJ", null)]
    [InlineData("Y=WJ", null)]
    public void Base64_is_read_as_Python_reads_it(string text, string? expected) =>
        Assert.Equal(expected, SignatureText.Decode(text) is { } bytes ? System.Text.Encoding.ASCII.GetString(bytes) : null);

    private static async Task<bool> VerifiesAsync(AsymmetricKeyParameter key, string method, byte[] data, byte[] signature)
    {
        var kind = SignatureHash.Find(method)!;
        return SignatureKey.Verifies(key, kind, Convert.FromHexString(await kind.HashAsync(new MemoryStream(data), Ct)), signature);
    }
}
