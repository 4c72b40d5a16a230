using System.Text;
using System.Text.Json;
using Tintype.ApiTests.Images.Import;
using Tintype.ApiTests.Images.Uploads;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images.Signatures;

/// <summary>A server with a folder of certificates, two who sign, and the ways in which their images come.</summary>
public sealed class SignatureServer : IAsyncLifetime
{
    private readonly TemporaryDirectory _data = new();

    public WebOrigin Web { get; } = new();

    public TintypeServer Server { get; private set; } = null!;

    public ApiClient One { get; private set; } = null!;

    /// <summary>Their certificate is in the folder.</summary>
    public ImageSigner Known { get; private set; } = null!;

    /// <summary>Theirs is not.</summary>
    public ImageSigner Unknown { get; private set; } = null!;

    public string Certificates => _data.Combine("certificates");

    public async ValueTask InitializeAsync()
    {
        Known = await ImageSigner.CreateAsync("RSA-PSS", CancellationToken.None);
        Unknown = await ImageSigner.CreateAsync("ECC_SECP384R1", CancellationToken.None);
        Known.PublishTo(Certificates);
        Server = await TintypeServer.StartAsync(_data.Combine("data"), $"--Images:SignatureCertificates={Certificates}",
            "--Images:Stores:first:Driver=local", "--Images:Stores:web:Driver=http", "--Images:DefaultStore=first", "--Images:ShowMultipleLocations=true",
            "--Images:WebDownload:AllowedNetworks:0=127.0.0.1/32", $"--Images:WebDownload:AllowedPorts:0={Web.Port}");
        One = await ApiClient.SignInAsync(Server, "tintype");
    }

    /// <param name="properties">Members of a JSON object.</param>
    public Task<string> CreateAsync(string properties) =>
        ImagesApi.CreateAsync(One, $$"""{"name": "signed", "disk_format": "raw", "container_format": "bare", {{properties}} }""");

    public Task<ApiAnswer> UploadAsync(string id, byte[] data) => One.SendBytesAsync(HttpMethod.Put, $"{ImagesApi.Root}/{id}/file", data);

    /// <summary>Brings data in by one of the ways, and waits for what becomes of it. The reason, if it is refused.</summary>
    public async Task<string?> BringAsync(string way, string id, byte[] data)
    {
        switch (way)
        {
            case "upload":
                var answer = await UploadAsync(id, data);
                return (int)answer.Status == 204 ? null : Message(answer, 400);
            case "tus":
                using (var tus = new TusCall(Server, One))
                {
                    var path = await tus.CreateAsync(Guid.Parse(id), data.Length);
                    Assert.Equal(204, (int)(await tus.PatchAsync(path, 0, data[..1000])).Status);
                    var last = await tus.PatchAsync(path, 1000, data[1000..]);
                    return (int)last.Status == 204 ? null : Message(last, 400);
                }

            case "stage":
                Assert.Equal(204, (int)(await One.SendBytesAsync(HttpMethod.Put, $"{ImagesApi.Root}/{id}/stage", data)).Status);
                return await ImportedAsync(id, "import", """{"method": {"name": "glance-direct"} }""");
            case "web":
                Web.Give($"/{id}", data);
                return await ImportedAsync(id, "import", $$"""{"method": {"name": "web-download", "uri": "{{Web.Url($"/{id}")}}"} }""");
            default:
                Web.Give($"/{id}", data);
                return await ImportedAsync(id, "locations", $$"""{"url": "{{Web.Url($"/{id}")}}"}""");
        }
    }

    public async Task<JsonElement> ShowAsync(string id) => (await ImagesApi.SendAsync(One, "GET", $"{ImagesApi.Root}/{id}")).Json;

    public async ValueTask DisposeAsync()
    {
        One.Dispose();
        await Server.DisposeAsync();
        await Web.DisposeAsync();
        Known.Dispose();
        Unknown.Dispose();
        _data.Dispose();
    }

    /// <summary>The sentence of a refusal, in whichever of the forms.</summary>
    public static string Message(ApiAnswer answer, int status)
    {
        Assert.Equal(status, (int)answer.Status);
        return answer.Text;
    }

    private async Task<string?> ImportedAsync(string id, string path, string body)
    {
        var begun = await ImagesApi.SendAsync(One, "POST", $"{ImagesApi.Root}/{id}/{path}", body);
        Assert.True((int)begun.Status == 202, begun.Text);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var task = (await ImagesApi.SendAsync(One, "GET", $"{ImagesApi.Root}/{id}/tasks")).Json.GetProperty("tasks")[0];
            if (task.GetProperty("status").GetString() is "success" or "failure")
                return task.GetProperty("status").GetString() == "success" ? null : task.GetProperty("message").GetString();
            await Task.Delay(20, patience.Token);
        }
    }

    public static byte[] Data(string text) => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(text, 300)));
}
