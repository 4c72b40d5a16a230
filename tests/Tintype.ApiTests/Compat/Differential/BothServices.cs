using System.Globalization;
using System.Text;
using System.Text.Json;
using Tintype.ApiTests.Images.Import;
using Tintype.TestSupport;
using Tintype.TestSupport.Peer;
using Xunit;

namespace Tintype.ApiTests.Compat.Differential;

/// <summary>Glance and Tintype with the same settings, the same people and a web server to import from.</summary>
public sealed class BothServices : IAsyncLifetime
{
    private const string SizeCap = "100000";
    private const string AllowedOrigin = "http://page.example";
    private const string ReaderPassword = "a reader's password";

    private readonly TemporaryDirectory _data = new();
    private readonly WebOrigin _web = new();
    private readonly Dictionary<string, string> _constants = new(StringComparer.Ordinal);
    private TintypeServer _tintype = null!;
    private GlanceServer _glance = null!;

    internal Service Glance { get; private set; } = null!;

    internal Service Tintype { get; private set; } = null!;

    internal Words NewWords() => new(_constants);

    public async ValueTask InitializeAsync()
    {
        _web.Give("/disk", Encoding.ASCII.GetBytes(new string('x', 5000)));
        _web.Redirect("/away", "http://127.0.0.1:22/");
        _tintype = await TintypeServer.StartAsync(_data.Combine("data"),
            "--Images:Stores:first:Driver=local", "--Images:Stores:second:Driver=local", "--Images:Stores:web:Driver=http", "--Images:DefaultStore=first",
            "--Images:ShowMultipleLocations=true", "--Images:Cache:Path=cache",
            $"--Images:SizeCapBytes={SizeCap}", $"--Cors:AllowedOrigins:0={AllowedOrigin}",
            "--Images:WebDownload:AllowedHosts:0=127.0.0.1", "--Images:WebDownload:AllowedNetworks:0=127.0.0.0/8",
            $"--Images:WebDownload:AllowedPorts:0={_web.Port}");
        _glance = await GlanceServer.StartAsync(new GlanceSettings
        {
            Stores = ["first", "second"],
            HttpStore = true,
            ShowMultipleLocations = true,
            Cache = true,
            DownloadPorts = [_web.Port],
            More = new Dictionary<(string, string), string> { [("DEFAULT", "image_size_cap")] = SizeCap, [("cors", "allowed_origin")] = AllowedOrigin },
        }, _tintype);

        var tokens = new Dictionary<string, string?>(StringComparer.Ordinal) { ["nobody"] = null, ["stranger"] = new string('0', 64) };
        using var admin = await ApiClient.SignInAsync(_tintype, "tintype-admin");
        await AddAsync("admin", "tintype-admin");
        await AddAsync("member", "tintype");
        await AddAsync("other", "tintype-two");
        await ForgetNamespacesAsync(admin);
        tokens["reader"] = await ReaderTokenAsync(admin, _constants["project:member"]);
        _constants["web"] = $"127.0.0.1:{_web.Port}";
        Glance = new Service(_glance.Address.ToString().TrimEnd('/'), tokens);
        Tintype = new Service(new Uri(_tintype.Address, "image").ToString(), tokens);

        async Task AddAsync(string actor, string cloud)
        {
            using var client = await ApiClient.SignInAsync(_tintype, cloud);
            tokens[actor] = client.Token;
            var projects = (await admin.GetAsync($"/identity/v3/projects?name={ApiClient.Credentials(_tintype, cloud).Project}")).Json.GetProperty("projects");
            _constants[$"project:{actor}"] = projects[0].GetProperty("id").GetString()!;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Glance?.Dispose();
        Tintype?.Dispose();
        if (_glance is not null)
            await _glance.DisposeAsync();
        if (_tintype is not null)
            await _tintype.DisposeAsync();
        await _web.DisposeAsync();
        _data.Dispose();
    }

    /// <summary>Glance has none of the namespaces that come with it until they are loaded: lists are to hold the same.</summary>
    private static async Task ForgetNamespacesAsync(ApiClient admin)
    {
        const string Namespaces = "/image/v2/metadefs/namespaces";
        var all = await admin.GetAsync($"{Namespaces}?limit=1000");
        foreach (var shipped in all.Json.GetProperty("namespaces").EnumerateArray())
        {
            var name = shipped.GetProperty("namespace").GetString()!;
            await admin.SendAsync(HttpMethod.Put, $"{Namespaces}/{name}", JsonSerializer.Serialize(new { @namespace = name, @protected = false }));
            var gone = await admin.SendAsync(HttpMethod.Delete, $"{Namespaces}/{name}");
            Assert.Equal(204, (int)gone.Status);
        }
    }

    /// <summary>Somebody who may only read, in the member's project.</summary>
    private async Task<string> ReaderTokenAsync(ApiClient admin, string project)
    {
        var user = await admin.SendAsync(HttpMethod.Post, "/identity/v3/users", JsonSerializer.Serialize(new { user = new { name = "reader", password = ReaderPassword } }));
        var roles = await admin.GetAsync("/identity/v3/roles?name=reader");
        var userId = user.Json.GetProperty("user").GetProperty("id").GetString();
        var roleId = roles.Json.GetProperty("roles")[0].GetProperty("id").GetString();
        var given = await admin.SendAsync(HttpMethod.Put, string.Create(CultureInfo.InvariantCulture, $"/identity/v3/projects/{project}/users/{userId}/roles/{roleId}"));
        Assert.Equal(204, (int)given.Status);
        using var nobody = new ApiClient(_tintype);
        var token = await nobody.SendAsync(HttpMethod.Post, "/identity/v3/auth/tokens", JsonSerializer.Serialize(new
        {
            auth = new
            {
                identity = new { methods = new[] { "password" }, password = new { user = new { id = userId, password = ReaderPassword } } },
                scope = new { project = new { id = project } },
            },
        }));
        return token.Header("X-Subject-Token")!;
    }
}
