using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Tintype.TestSupport;

/// <summary>Bare HTTP to a server, for what the real client would not send or would not show.</summary>
public sealed class ApiClient : IDisposable
{
    private readonly HttpClient _http;

    public ApiClient(TintypeServer server, string? token = null)
    {
        _http = new HttpClient { BaseAddress = server.Address };
        Token = token;
    }

    /// <summary>Sent as <c>X-Auth-Token</c> with each request; none if null.</summary>
    public string? Token { get; set; }

    /// <summary>A client with a token of one of the clouds in the server's clouds.yaml.</summary>
    public static async Task<ApiClient> SignInAsync(TintypeServer server, string cloud)
    {
        var client = new ApiClient(server);
        var (user, password, project) = Credentials(server, cloud);
        var answer = await client.SendAsync(HttpMethod.Post, "/identity/v3/auth/tokens", $$"""
            {"auth": {
              "identity": {"methods": ["password"], "password": {"user": {"name": "{{user}}", "password": "{{password}}", "domain": {"name": "Default"} } } },
              "scope": {"project": {"name": "{{project}}", "domain": {"name": "Default"} } } } }
            """);
        client.Token = answer.Header("X-Subject-Token") ?? throw new InvalidOperationException($"No token for {cloud}: {(int)answer.Status} {answer.Text}");
        return client;
    }

    /// <summary>What clouds.yaml says about a cloud, as the server writes it.</summary>
    public static (string User, string Password, string Project) Credentials(TintypeServer server, string cloud)
    {
        var text = File.ReadAllText(server.CloudsFile);
        var section = Regex.Match(text, $@"^  {Regex.Escape(cloud)}:\n((?:    .*\n?)+)", RegexOptions.Multiline).Groups[1].Value;
        string Value(string name) => Regex.Match(section, $@"^\s+{name}: (.*)$", RegexOptions.Multiline).Groups[1].Value;
        return (Value("username"), Value("password"), Value("project_name"));
    }

    public Task<ApiAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    /// <param name="json">The body; none if null.</param>
    /// <param name="headers">Besides the token; a Content-Type replaces that of JSON.</param>
    public async Task<ApiAnswer> SendAsync(HttpMethod method, string path, string? json = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (Token is not null)
            request.Headers.Add("X-Auth-Token", Token);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        foreach (var (name, value) in headers)
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

    /// <summary>Sends raw bytes, as image data is sent.</summary>
    public async Task<ApiAnswer> SendBytesAsync(HttpMethod method, string path, byte[] data, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new ByteArrayContent(data) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        if (Token is not null)
            request.Headers.Add("X-Auth-Token", Token);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        using var response = await _http.SendAsync(request);
        return new ApiAnswer(response.StatusCode, await response.Content.ReadAsStringAsync(),
            response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>The bytes under a path; throws unless the answer is a success.</summary>
    public async Task<byte[]> BytesAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (Token is not null)
            request.Headers.Add("X-Auth-Token", Token);
        using var response = await _http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync();
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>An answer, read to its end.</summary>
public sealed record ApiAnswer(HttpStatusCode Status, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
