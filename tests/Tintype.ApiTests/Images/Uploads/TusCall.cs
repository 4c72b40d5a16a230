using System.Net.Http.Headers;
using System.Text;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images.Uploads;

/// <summary>Requests of the tus protocol, header by header.</summary>
internal sealed class TusCall(TintypeServer server, ApiClient client) : IDisposable
{
    public const string Root = "/tintype/v1/uploads";
    public const string OffsetStream = "application/offset+octet-stream";

    private readonly HttpClient _http = new() { BaseAddress = server.Address };

    public static string Metadata(Guid image, string? store = null) =>
        $"filename {Base64("disk.raw")},image_id {Base64(image.ToString())}{(store is null ? "" : $",store {Base64(store)}")}";

    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>Begins an upload; its path.</summary>
    public async Task<string> CreateAsync(Guid image, long length)
    {
        var answer = await SendAsync("POST", Root, null, $"Upload-Length: {length}", $"Upload-Metadata: {Metadata(image)}");
        Assert.True((int)answer.Status == 201, answer.Text);
        return new Uri(answer.Header("Location")!).AbsolutePath;
    }

    public Task<ApiAnswer> PatchAsync(string path, long offset, byte[] bytes, params string[] headers) =>
        SendAsync("PATCH", path, bytes, [$"Upload-Offset: {offset}", .. headers]);

    /// <summary>The offset that HEAD tells.</summary>
    public async Task<long> OffsetAsync(string path)
    {
        var answer = await SendAsync("HEAD", path, null);
        Assert.Equal(200, (int)answer.Status);
        return long.Parse(answer.Header("Upload-Offset")!, System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <param name="headers">Beside the token and the version; those that are given replace them, with nothing if they are empty.</param>
    public async Task<ApiAnswer> SendAsync(string method, string path, byte[]? body, params string[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        var all = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["Tus-Resumable"] = "1.0.0", ["X-Auth-Token"] = client.Token ?? "" };
        if (body is not null)
            all["Content-Type"] = OffsetStream;
        foreach (var header in headers)
            all[header[..header.IndexOf(':', StringComparison.Ordinal)]] = header[(header.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        if (body is not null)
            request.Content = new ByteArrayContent(body);
        foreach (var (name, value) in all.Where(h => h.Value.Length > 0))
        {
            if (name == "Content-Type")
                request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(value);
            else
                request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await _http.SendAsync(request);
        return new ApiAnswer(response.StatusCode, await response.Content.ReadAsStringAsync(),
            response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase));
    }

    public void Dispose() => _http.Dispose();
}
