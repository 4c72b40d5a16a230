using System.Text.Json;
using Tintype.ApiTests.Images;
using Tintype.ApiTests.Images.Import;
using Tintype.ApiTests.Images.Uploads;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Fuzzing;

/// <summary>A server with everything on that images can have, those who send requests to it, and what they send them about.</summary>
public sealed class FuzzedServer : IAsyncLifetime
{
    private static readonly byte[] _data = [.. "the bytes of a disk"u8];

    private readonly TemporaryDirectory _folder = new();
    private readonly WebOrigin _web = new();
    private ApiClient _one = null!;
    private ApiClient _two = null!;
    private ApiClient _admin = null!;
    private string _projectTwo = "";

    public TintypeServer Server { get; private set; } = null!;

    public ApiClient Admin => _admin;

    public async ValueTask InitializeAsync()
    {
        _web.Give("/disk", _data);
        var policy = Path.Combine(Repository.Root, "tests", "compat", "tempest-policy.yaml");
        Server = await TintypeServer.StartAsync(_folder.Combine("data"),
            "--Images:Stores:first:Driver=local", "--Images:Stores:second:Driver=local", "--Images:Stores:web:Driver=http", "--Images:DefaultStore=first", "--Images:Cache:Path=cache",
            "--Images:ShowMultipleLocations=true", $"--Images:PolicyFile={policy}", "--Images:SizeCapBytes=1000000",
            // Nothing else of this host is to be fetched from, whatever the cases come up with.
            "--Images:WebDownload:AllowedNetworks:0=127.0.0.1/32", $"--Images:WebDownload:AllowedPorts:0={_web.Port}");
        _one = await ApiClient.SignInAsync(Server, "tintype");
        _two = await ApiClient.SignInAsync(Server, "tintype-two");
        _admin = await ApiClient.SignInAsync(Server, "tintype-admin");
        _projectTwo = (await _admin.GetAsync("/identity/v3/projects?name=two")).Json.GetProperty("projects")[0].GetProperty("id").GetString()!;
    }

    /// <summary>A token of somebody: owners and administrators mostly, others, nobody.</summary>
    public string? Somebody(Random random) => random.Next(12) switch
    {
        < 5 => _one.Token,
        < 9 => _admin.Token,
        9 => _two.Token,
        10 => "not-a-token",
        _ => null,
    };

    /// <summary>What a case is about, made by good requests. Everything in it comes from the case's numbers.</summary>
    public async Task<Target> MakeAsync(Needs needs, Random random)
    {
        var id = NextId(random);
        var target = new Target(id, NextId(random), _projectTwo, $"item-{random.Next(3)}", $"Ns-{id:N}", null, _web.Url("/disk"));
        switch (needs)
        {
            case Needs.Image:
                await MakeImageAsync(id, random);
                return target;
            case Needs.Namespace when random.Next(8) > 0:
                await GoodAsync(_admin, "POST", "/image/v2/metadefs/namespaces", $$"""
                    {"namespace": "{{target.Namespace}}", "visibility": "public", "resource_type_associations": [{"name": "item-0", "prefix": "x_"}],
                     "properties": {"item-0": {"title": "T", "type": "string"} }, "objects": [{"name": "item-0", "properties": {} }], "tags": [{"name": "item-0"}]}
                    """);
                return target;
            case Needs.Upload when random.Next(8) > 0:
                await CreateAsync(id, "private");
                using (var tus = new TusCall(Server, _one))
                    return target with { Upload = Path.GetFileName(await tus.CreateAsync(id, 20)) };
            default:
                return target;
        }
    }

    /// <summary>An image that waits for its data.</summary>
    public async Task<Target> MakeQueuedAsync()
    {
        var id = Guid.NewGuid();
        await CreateAsync(id, "shared");
        return new Target(id, Guid.NewGuid(), _projectTwo, "item-1", $"Ns-{id:N}", null, _web.Url("/disk"));
    }

    /// <summary>
    /// Takes away what the case was about, whatever has become of it, so that a case finds the server as the first did. An image whose import is
    /// still going on may stay.
    /// </summary>
    public async Task RemoveAsync(Needs needs, Target target)
    {
        if (needs == Needs.Namespace)
        {
            var path = $"/image/v2/metadefs/namespaces/{target.Namespace}";
            if ((int)(await _admin.SendAsync(HttpMethod.Delete, path)).Status == 403)
            {
                await _admin.SendAsync(HttpMethod.Put, path, $$"""{"namespace": "{{target.Namespace}}", "protected": false}""");
                await _admin.SendAsync(HttpMethod.Delete, path);
            }
        }
        else if (needs != Needs.Nothing)
        {
            var path = $"{ImagesApi.Root}/{target.Image}";
            if ((int)(await _admin.SendAsync(HttpMethod.Delete, path)).Status == 403)
            {
                await ImagesApi.PatchAsync(_admin, target.Image.ToString(), """[{"op": "replace", "path": "/protected", "value": false}]""");
                await _admin.SendAsync(HttpMethod.Delete, path);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _one.Dispose();
        _two.Dispose();
        _admin.Dispose();
        await Server.DisposeAsync();
        await _web.DisposeAsync();
        _folder.Dispose();
    }

    private async Task MakeImageAsync(Guid id, Random random)
    {
        switch (random.Next(10))
        {
            case 0:
                return;
            case 1:
                await GoodAsync(_one, "POST", ImagesApi.Root, $$"""{"id": "{{id}}"}""");
                return;
            case 2 or 3:
                await CreateAsync(id, "private");
                return;
            case 4:
                await CreateAsync(id, "private");
                await SendDataAsync(id, "stage");
                return;
            case 5:
                await CreateAsync(id, "shared");
                await GoodAsync(_one, "POST", $"{ImagesApi.Root}/{id}/members", JsonSerializer.Serialize(new { member = _projectTwo }));
                return;
            case 6:
                await CreateAsync(id, "private");
                await SendDataAsync(id, "file");
                await GoodAsync(_admin, "POST", $"{ImagesApi.Root}/{id}/actions/deactivate", null);
                return;
            default:
                await CreateAsync(id, random.Next(2) == 0 ? "community" : "shared");
                await SendDataAsync(id, "file");
                return;
        }
    }

    private Task CreateAsync(Guid id, string visibility) => GoodAsync(_one, "POST", ImagesApi.Root,
        $$"""{"id": "{{id}}", "name": "n", "disk_format": "raw", "container_format": "bare", "visibility": "{{visibility}}", "tags": ["item-0"], "x": "y"}""");

    private async Task SendDataAsync(Guid id, string where)
    {
        var answer = await _one.SendBytesAsync(HttpMethod.Put, $"{ImagesApi.Root}/{id}/{where}", _data);
        Assert.True((int)answer.Status == 204, $"{where}: {answer.Text}");
    }

    private static async Task GoodAsync(ApiClient client, string method, string path, string? body)
    {
        var answer = await client.SendAsync(new HttpMethod(method), path, body);
        Assert.True((int)answer.Status < 300, $"{method} {path}: {answer.Text}");
    }

    private static Guid NextId(Random random)
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }
}

/// <summary>What the names in an operation's braces stand for.</summary>
/// <param name="New">An id that nothing has.</param>
/// <param name="Upload">The id of a resumable upload; null: that of nothing.</param>
public sealed record Target(Guid Image, Guid New, string Project, string Item, string Namespace, string? Upload, string Web)
{
    /// <summary>The operation, about this.</summary>
    public Draft Draft(Operation operation)
    {
        var draft = new Draft
        {
            Method = operation.Method,
            Path = Fill(operation.Path) + (operation.Query.Length == 0 ? "" : "?" + Fill(operation.Query)),
            Body = operation.Body is null ? null : System.Text.Encoding.UTF8.GetBytes(Fill(operation.Body)),
        };
        draft.Headers.Add(("Accept", "application/json"));
        if (operation.Body is not null)
            draft.Headers.Add(("Content-Type", operation.ContentType));
        foreach (var header in operation.Headers)
            draft.Headers.Add((header[..header.IndexOf(':', StringComparison.Ordinal)], Fill(header[(header.IndexOf(':', StringComparison.Ordinal) + 2)..])));
        return draft;
    }

    private string Fill(string text) => text.Replace("{image}", Image.ToString(), StringComparison.Ordinal).Replace("{new}", New.ToString(), StringComparison.Ordinal)
        .Replace("{project}", Project, StringComparison.Ordinal).Replace("{item}", Item, StringComparison.Ordinal).Replace("{ns}", Namespace, StringComparison.Ordinal)
        .Replace("{name}", $"name-{New:N}", StringComparison.Ordinal).Replace("{upload}", Upload ?? New.ToString(), StringComparison.Ordinal).Replace("{web}", Web, StringComparison.Ordinal)
        .Replace("{metadata}", TusCall.Metadata(Image), StringComparison.Ordinal);
}
