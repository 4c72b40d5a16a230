using Tintype.Bench.Measuring;
using Tintype.TestSupport;

namespace Tintype.Bench.Contestants;

/// <summary>The whole server, built for release, on a data directory of its own.</summary>
internal sealed class TintypeService : IImageService, IAsyncDisposable
{
    private readonly TemporaryDirectory _directory;
    private readonly TintypeServer _server;

    private TintypeService(string name, TemporaryDirectory directory, TintypeServer server, string token, string project)
    {
        Name = name;
        _directory = directory;
        _server = server;
        Token = token;
        Project = project;
    }

    public string Name { get; }

    public Uri Images => new(_server.Address, "image/v2/");

    public string Token { get; private set; }

    /// <summary>The id of the project that the token is scoped to.</summary>
    public string Project { get; }

    public TintypeServer Server => _server;

    public int Pid => _server.Pid;

    public double Processor => ProcessorTime.Of(_server.Pid);

    public string Database => Path.Combine(_server.DataDirectory, "tintype.db");

    public static async Task<TintypeService> StartAsync(string name = "Tintype", params string[] arguments)
    {
        var directory = new TemporaryDirectory();
        try
        {
            var server = await TintypeServer.StartAsync(directory.Path, arguments);
            var (token, project) = await SignInAsync(server);
            return new TintypeService(name, directory, server, token, project);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Stops the server, has something done to its data, and starts it again.</summary>
    public async Task ChangeDataAsync(Func<Task> change)
    {
        await _server.StopAsync();
        await change();
        await _server.StartAgainAsync();
        (Token, _) = await SignInAsync(_server);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    private static async Task<(string Token, string Project)> SignInAsync(TintypeServer server)
    {
        using var client = await ApiClient.SignInAsync(server, "tintype");
        var token = await client.SendAsync(HttpMethod.Get, "/identity/v3/auth/tokens", headers: ("X-Subject-Token", client.Token!));
        return (client.Token!, token.Json.GetProperty("token").GetProperty("project").GetProperty("id").GetString()!);
    }
}
