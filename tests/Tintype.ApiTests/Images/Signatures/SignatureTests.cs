using System.Text.Json;
using Tintype.ApiTests.Images.Uploads;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Signatures;

/// <summary>Signed images: verified on every way in, before they are active.</summary>
public sealed class SignatureTests(SignatureServer server) : IClassFixture<SignatureServer>
{
    private static readonly byte[] _signed = SignatureServer.Data("signed as it is\n");
    private static readonly byte[] _other = SignatureServer.Data("something  else\n");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("upload", "SHA-256")]
    [InlineData("upload", "SHA-224")]
    [InlineData("tus", "SHA-512")]
    [InlineData("tus", "SHA-384")]
    [InlineData("stage", "SHA-256")]
    [InlineData("web", "SHA-256")]
    [InlineData("location", "SHA-256")]
    public async Task What_was_signed_becomes_active_and_nothing_else(string way, string method)
    {
        var properties = await server.Known.PropertiesAsync(_signed, method, Ct);
        var good = await server.CreateAsync(properties);
        Assert.Null(await server.BringAsync(way, good, _signed));
        Assert.Equal("active", await StatusAsync(good));
        Assert.Equal(_signed, await server.One.BytesAsync($"{Root}/{good}/file"));

        var bad = await server.CreateAsync(properties);
        Assert.Contains($"Signature verification failed for image {bad}: Signature verification failed: the data is not what was signed",
            await server.BringAsync(way, bad, _other), StringComparison.Ordinal);
        var image = await server.ShowAsync(bad);
        Assert.Equal(("queued", JsonValueKind.Null, JsonValueKind.Null), (image.GetProperty("status").GetString(), image.GetProperty("size").ValueKind, image.GetProperty("os_hash_value").ValueKind));
        Assert.Equal(204, (int)(await server.One.SendAsync(HttpMethod.Get, $"{Root}/{bad}/file")).Status);

        // As after any other failure, the image can be given what it should have had.
        Assert.Null(await server.BringAsync(way, bad, _signed));
        Assert.Equal("active", await StatusAsync(bad));
    }

    [Theory]
    [InlineData("img_signature", "YWJ", "The signature data was not properly encoded using base64.")]
    [InlineData("img_signature_hash_method", "MD5", "Invalid signature hash method: MD5. img_signature_hash_method is one of SHA-224, SHA-256, SHA-384, SHA-512.")]
    [InlineData("img_signature_key_type", "ECC_SECP256R1", "Invalid signature key type: ECC_SECP256R1. img_signature_key_type is one of RSA-PSS, DSA, ECC_SECT571K1, ECC_SECT409K1, ECC_SECT571R1, ECC_SECT409R1, ECC_SECP521R1, ECC_SECP384R1.")]
    [InlineData("img_signature_key_type", "DSA", "Invalid public key type for signature key type: DSA.")]
    [InlineData("img_signature_certificate_uuid", "../etc/passwd", "Certificate not found with ID: ../etc/passwd.")]
    [InlineData("img_signature_certificate_uuid", "3c0a8ea4-8a3e-4c1d-9d1b-6f1b8f0c2a11", "Certificate not found with ID: 3c0a8ea4-8a3e-4c1d-9d1b-6f1b8f0c2a11.")]
    public async Task Wrong_properties_are_refused_with_what_is_wrong(string property, string value, string reason)
    {
        var id = await server.CreateAsync(await server.Known.PropertiesAsync(_signed, "SHA-256", Ct));
        Assert.Equal(200, (int)(await PatchAsync(server.One, id, $$"""[{"op": "replace", "path": "/{{property}}", "value": "{{value}}"}]""")).Status);

        var upload = await server.UploadAsync(id, _signed);
        Assert.Equal((400, $"Signature verification failed for image {id}: Signature verification for the image failed: {reason}"), ((int)upload.Status, Sentence(upload)));
        Assert.Equal("queued", await StatusAsync(id));

        using var tus = new TusCall(server.Server, server.One);
        var begun = await tus.SendAsync("POST", TusCall.Root, null, $"Upload-Length: {_signed.Length}", $"Upload-Metadata: {TusCall.Metadata(Guid.Parse(id))}");
        Assert.Equal(400, (int)begun.Status);
        Assert.Contains(reason, begun.Text, StringComparison.Ordinal);
        Assert.Equal("queued", await StatusAsync(id));

        Assert.Contains(reason, await server.BringAsync("stage", id, _signed), StringComparison.Ordinal);
        Assert.Equal("queued", await StatusAsync(id));
    }

    [Fact]
    public async Task An_image_with_fewer_than_the_four_properties_is_no_signed_one()
    {
        var id = await server.CreateAsync("\"img_signature\": \"YWJj\", \"img_signature_hash_method\": \"SHA-256\", \"img_signature_key_type\": \"RSA-PSS\"");
        Assert.Null(await server.BringAsync("upload", id, _other));
        Assert.Equal("active", await StatusAsync(id));
    }

    [Fact]
    public async Task A_certificate_counts_from_when_it_is_put_into_the_folder()
    {
        var id = await server.CreateAsync(await server.Unknown.PropertiesAsync(_signed, "SHA-384", Ct));
        Assert.Equal(400, (int)(await server.UploadAsync(id, _signed)).Status);
        var file = Path.Combine(server.Certificates, $"{server.Unknown.Uuid}.pem");
        await File.WriteAllTextAsync(file, "no certificate", Ct);
        Assert.Equal($"Signature verification failed for image {id}: Signature verification for the image failed: Unable to retrieve certificate with ID: {server.Unknown.Uuid}. "
            + $"The file {server.Unknown.Uuid}.pem of the operator's certificates has none in it.", Sentence(await server.UploadAsync(id, _signed)));
        server.Unknown.PublishTo(server.Certificates);
        Assert.Null(await server.BringAsync("upload", id, _signed));
        File.Delete(file);
    }

    [Theory]
    [InlineData("tus")]
    [InlineData("stage")]
    public async Task Data_that_came_before_its_signature_was_told_is_read_again(string way)
    {
        foreach (var (data, status) in new[] { (_signed, "active"), (_other, "queued") })
        {
            var id = await server.CreateAsync("\"about\": \"signed later\"");
            var properties = $$"""{ {{await server.Known.PropertiesAsync(_signed, "SHA-256", Ct)}} }""";
            var patch = "[" + string.Join(',', JsonDocument.Parse(properties).RootElement.EnumerateObject()
                .Select(p => $$"""{"op": "add", "path": "/{{p.Name}}", "value": {{p.Value.GetRawText()}} }""")) + "]";
            if (way == "tus")
            {
                using var tus = new TusCall(server.Server, server.One);
                var path = await tus.CreateAsync(Guid.Parse(id), data.Length);
                await tus.PatchAsync(path, 0, data[..2000]);
                Assert.Equal(200, (int)(await PatchAsync(server.One, id, patch)).Status);
                Assert.Equal(status == "active" ? 204 : 400, (int)(await tus.PatchAsync(path, 2000, data[2000..])).Status);
            }
            else
            {
                await server.One.SendBytesAsync(HttpMethod.Put, $"{Root}/{id}/stage", data);
                Assert.Equal(200, (int)(await PatchAsync(server.One, id, patch)).Status);
                await SendAsync(server.One, "POST", $"{Root}/{id}/import", """{"method": {"name": "glance-direct"} }""");
                await Import.ImportServer.SettledAsync(server.One, id);
            }

            Assert.Equal(status, await StatusAsync(id));
        }
    }

    [Fact]
    public async Task Without_a_folder_no_signed_image_is_taken_and_one_that_is_not_there_ends_the_start()
    {
        using var folder = new TemporaryDirectory();
        var failed = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            TintypeServer.StartAsync(folder.Combine("data"), $"--Images:SignatureCertificates={folder.Combine("nowhere")}"));
        Assert.Contains($"Images:SignatureCertificates is '{folder.Combine("nowhere")}', which is no folder", failed.Message, StringComparison.Ordinal);

        await using var bare = await TintypeServer.StartAsync(folder.Combine("data"));
        using var client = await ApiClient.SignInAsync(bare, "tintype");
        var id = await CreateAsync(client, $$"""{"disk_format": "raw", "container_format": "bare", {{await server.Known.PropertiesAsync(_signed, "SHA-256", Ct)}} }""");
        var upload = await client.SendBytesAsync(HttpMethod.Put, $"{Root}/{id}/file", _signed);
        Assert.Equal((400, $"Signature verification failed for image {id}: Signature verification for the image failed: Unable to retrieve certificate with ID: {server.Known.Uuid}. "
            + "This service has no certificates to verify signatures with; its operator can set Images:SignatureCertificates to a folder of them."), ((int)upload.Status, Sentence(upload)));
    }

    private async Task<string?> StatusAsync(string id) => (await server.ShowAsync(id)).GetProperty("status").GetString();

    // Plain text, as whoever accepts nothing in particular gets it.
    private static string Sentence(ApiAnswer answer) => answer.Text["400 Bad Request".Length..].Trim();
}
