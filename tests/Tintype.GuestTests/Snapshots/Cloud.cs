using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Snapshots;

/// <summary>
/// One member's view of a server over its OpenStack APIs, without the second that each command of the real client takes. Signs in anew when
/// the server has been started again.
/// </summary>
internal sealed class Cloud(TintypeServer server, string cloud) : IDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(5);

    private HttpClient? _http;

    public HttpClient Http => _http ?? throw new InvalidOperationException("Sign in first.");

    public async Task SignInAsync()
    {
        _http?.Dispose();
        _http = new HttpClient { BaseAddress = server.Address, Timeout = _limit };
        var (user, password, project) = ApiClient.Credentials(server, cloud);
        var domain = new JsonObject { ["id"] = "default" };
        var body = new JsonObject
        {
            ["auth"] = new JsonObject
            {
                ["identity"] = new JsonObject
                {
                    ["methods"] = new JsonArray("password"),
                    ["password"] = new JsonObject
                    {
                        ["user"] = new JsonObject { ["name"] = user, ["password"] = password, ["domain"] = domain },
                    },
                },
                ["scope"] = new JsonObject { ["project"] = new JsonObject { ["name"] = project, ["domain"] = domain.DeepClone() } },
            },
        };
        using var answer = await _http.PostAsJsonAsync("/identity/v3/auth/tokens", body);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        _http.DefaultRequestHeaders.Add("X-Auth-Token", answer.Headers.GetValues("X-Subject-Token").Single());
        // The latest that Debian's client speaks: createImage answers with the id in its body.
        _http.DefaultRequestHeaders.Add("OpenStack-API-Version", "compute 2.92");
    }

    public Task<string> UploadAsync(string file, string diskFormat, params (string Name, string Value)[] properties) =>
        UploadToAsync(store: null, file, diskFormat, properties);

    /// <param name="store">The default one if null.</param>
    public async Task<string> UploadToAsync(string? store, string file, string diskFormat, params (string Name, string Value)[] properties)
    {
        var body = new JsonObject { ["name"] = Path.GetFileName(file), ["disk_format"] = diskFormat, ["container_format"] = "bare", ["visibility"] = "private" };
        foreach (var (name, value) in properties)
            body[name] = value;
        var image = await PostAsync("/image/v2/images", body, HttpStatusCode.Created);
        var id = image.GetProperty("id").GetString()!;
        await using var data = File.OpenRead(file);
        using var content = new StreamContent(data);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        if (store is not null)
            content.Headers.Add("X-Image-Meta-Store", store);
        using var answer = await Http.PutAsync($"/image/v2/images/{id}/file", content);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        return id;
    }

    public async Task<string> CreateServerAsync(string name, string image, string script, string flavorName = "t1.tiny")
    {
        var flavors = await GetAsync("/compute/v2.1/flavors");
        var flavor = flavors.GetProperty("flavors").EnumerateArray().First(f => f.GetProperty("name").GetString() == flavorName).GetProperty("id").GetString();
        var server = await PostAsync("/compute/v2.1/servers", new JsonObject
        {
            ["server"] = new JsonObject
            {
                ["name"] = name, ["imageRef"] = image, ["flavorRef"] = flavor, ["networks"] = "none", ["config_drive"] = true,
                ["user_data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes($"#!/bin/sh\n{script}\n")),
            },
        }, HttpStatusCode.Accepted);
        var id = server.GetProperty("server").GetProperty("id").GetString()!;
        await UntilAsync(() => StatusAsync(id), status => status == "ACTIVE");
        return id;
    }

    public async Task<string> StatusAsync(string server) => (await ServerAsync(server)).GetProperty("status").GetString()!;

    public async Task<string?> TaskStateAsync(string server) => (await ServerAsync(server)).GetProperty("OS-EXT-STS:task_state").GetString();

    public async Task<JsonElement> ServerAsync(string server) => (await GetAsync($"/compute/v2.1/servers/{server}")).GetProperty("server");

    public Task ActAsync(string server, string action) =>
        PostAsync($"/compute/v2.1/servers/{server}/action", new JsonObject { [action] = null }, HttpStatusCode.Accepted);

    public async Task<string> ConsoleAsync(string server) =>
        (await PostAsync($"/compute/v2.1/servers/{server}/action", new JsonObject { ["os-getConsoleOutput"] = new JsonObject() }, HttpStatusCode.OK)).GetProperty("output").GetString()!;

    public Task<HttpResponseMessage> TryCreateImageAsync(string server, string name) => Http.PostAsJsonAsync($"/compute/v2.1/servers/{server}/action",
        new JsonObject { ["createImage"] = new JsonObject { ["name"] = name, ["metadata"] = new JsonObject { ["note"] = "kept" } } });

    /// <summary>Takes a snapshot and waits until it is active.</summary>
    public async Task<JsonElement> SnapshotAsync(string server, string name)
    {
        using var answer = await TryCreateImageAsync(server, name);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, text);
        var id = JsonDocument.Parse(text).RootElement.GetProperty("image_id").GetString();
        var image = await UntilAsync(() => GetAsync($"/image/v2/images/{id}"), i => i.GetProperty("status").GetString() == "active");
        await UntilAsync(() => TaskStateAsync(server), state => state is null);
        return image;
    }

    /// <summary>The image once its data has been hashed, which is after it has become active.</summary>
    public Task<JsonElement> HashedAsync(string image) =>
        UntilAsync(() => GetAsync($"/image/v2/images/{image}"), i => i.GetProperty("os_hash_value").ValueKind == JsonValueKind.String);

    public async Task<IReadOnlyList<JsonElement>> SnapshotsOfAsync(string server) =>
        [.. (await GetAsync($"/image/v2/images?instance_uuid={server}&limit=1000")).GetProperty("images").EnumerateArray()];

    /// <summary>Writes the image's data to a file and returns its MD5.</summary>
    public async Task<string> SaveAsync(string image, string file)
    {
        await using (var from = await Http.GetStreamAsync($"/image/v2/images/{image}/file"))
        await using (var to = File.Create(file))
            await from.CopyToAsync(to);
        await using var saved = File.OpenRead(file);
#pragma warning disable CA5351 // The image's checksum is MD5; nothing is protected by it.
        return Convert.ToHexStringLower(await MD5.HashDataAsync(saved));
#pragma warning restore CA5351
    }

    public async Task DeleteImageAsync(string image)
    {
        using var answer = await Http.DeleteAsync($"/image/v2/images/{image}");
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using var answer = await Http.GetAsync(path);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"GET {path}: {(int)answer.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    public async Task<JsonElement> PostAsync(string path, JsonNode body, HttpStatusCode expected)
    {
        using var answer = await Http.PostAsJsonAsync(path, body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == expected, $"POST {path}: {(int)answer.StatusCode} {text}\n{server.Output}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Asks again until the answer is the one waited for.</summary>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> done)
    {
        using var limit = new CancellationTokenSource(_limit);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            var answer = await ask();
            if (done(answer))
                return answer;
            Assert.False(limit.IsCancellationRequested, $"Not within {_limit}; the last answer was: {answer}");
            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    public void Dispose() => _http?.Dispose();
}
