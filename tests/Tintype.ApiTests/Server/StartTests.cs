using System.Net;
using System.Net.Sockets;
using CliWrap;
using CliWrap.Buffered;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Server;

/// <summary>The server as whoever starts and stops it sees it.</summary>
public sealed class StartTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    private string Data => _folder.Combine("data");

    [Fact]
    public async Task The_first_start_says_what_to_try_and_writes_the_clouds_for_their_owner_alone()
    {
        await using var server = await TintypeServer.StartAsync(Data);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(server.CloudsFile));
        Assert.Equal(3, File.ReadAllText(server.CloudsFile).Split($"auth_url: {server.Address}identity/v3\n").Length - 1);
        using var client = await ApiClient.SignInAsync(server, "tintype-admin");
        var flavors = (await client.GetAsync("/compute/v2.1/flavors/detail")).Json.GetProperty("flavors").EnumerateArray()
            .Select(f => (f.GetProperty("name").GetString(), f.GetProperty("ram").GetInt32(), f.GetProperty("disk").GetInt32())).ToList();
        Assert.Contains(("t1.tiny", 256, 1), flavors);

        await server.StopAsync();
        Assert.Contains($"""
            Tintype is ready at {server.Address.ToString().TrimEnd('/')}, with its data in {Data}
            Try next, in another terminal:
              export OS_CLIENT_CONFIG_FILE={Data}/clouds.yaml OS_CLOUD=tintype
              openstack image list
              openstack
            """, server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_later_start_keeps_the_passwords_and_what_was_deleted_stays_deleted()
    {
        await using var server = await TintypeServer.StartAsync(Data);
        var before = ApiClient.Credentials(server, "tintype");
        using (var admin = await ApiClient.SignInAsync(server, "tintype-admin"))
        {
            var two = (await admin.GetAsync("/identity/v3/projects?name=two")).Json.GetProperty("projects")[0].GetProperty("id").GetString();
            Assert.Equal(HttpStatusCode.NoContent, (await admin.SendAsync(HttpMethod.Delete, $"/identity/v3/projects/{two}")).Status);
            foreach (var flavor in (await admin.GetAsync("/compute/v2.1/flavors")).Json.GetProperty("flavors").EnumerateArray())
                await admin.SendAsync(HttpMethod.Delete, $"/compute/v2.1/flavors/{flavor.GetProperty("id").GetString()}");
        }

        await server.StopAsync();
        File.WriteAllText(server.CloudsFile, "# my note\n" + File.ReadAllText(server.CloudsFile));
        await server.StartAgainAsync();

        Assert.Equal(before, ApiClient.Credentials(server, "tintype"));
        Assert.StartsWith("# my note\n", File.ReadAllText(server.CloudsFile), StringComparison.Ordinal);
        Assert.Contains($"auth_url: {server.Address}identity/v3\n", File.ReadAllText(server.CloudsFile), StringComparison.Ordinal);
        using var again = await ApiClient.SignInAsync(server, "tintype-admin");
        Assert.Empty((await again.GetAsync("/identity/v3/projects?name=two")).Json.GetProperty("projects").EnumerateArray());
        Assert.Empty((await again.GetAsync("/compute/v2.1/flavors")).Json.GetProperty("flavors").EnumerateArray());
    }

    [Fact]
    public async Task Lost_passwords_are_replaced_only_on_request()
    {
        await using var server = await TintypeServer.StartAsync(Data);
        var (user, password, project) = ApiClient.Credentials(server, "tintype");
        using var client = await ApiClient.SignInAsync(server, "tintype");
        await server.StopAsync();
        File.Delete(server.CloudsFile);

        await server.StartAgainAsync();
        Assert.False(File.Exists(server.CloudsFile));
        await server.StopAsync();
        Assert.Contains($"There is no {server.CloudsFile}. Only it had the demo users' passwords; to give them new ones and write the file anew, start once with --passwords new",
            server.Output, StringComparison.Ordinal);

        await using var renewed = await TintypeServer.StartAsync(Data, "--passwords", "new");
        var after = ApiClient.Credentials(renewed, "tintype");
        Assert.Equal((user, project), (after.User, after.Project));
        Assert.NotEqual(password, after.Password);
        (await ApiClient.SignInAsync(renewed, "tintype")).Dispose();
        using var old = new ApiClient(renewed, client.Token);
        Assert.Equal(HttpStatusCode.Unauthorized, (await old.GetAsync("/compute/v2.1/flavors")).Status);
    }

    [Fact]
    public async Task A_first_start_takes_the_passwords_that_an_interrupted_one_has_left()
    {
        await using var server = await TintypeServer.StartAsync(Data);
        var before = ApiClient.Credentials(server, "tintype-two");
        await server.KillAsync();
        // As after a crash between writing the passwords and making the users.
        foreach (var file in Directory.GetFiles(Data, "tintype.db*"))
            File.Delete(file);

        await server.StartAgainAsync();

        Assert.Equal(before, ApiClient.Credentials(server, "tintype-two"));
        (await ApiClient.SignInAsync(server, "tintype-two")).Dispose();
    }

    [Fact]
    public async Task A_start_that_fails_says_why_in_one_sentence()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var file = _folder.Combine("file");
        File.WriteAllText(file, "{");
        Directory.CreateDirectory(_folder.Combine("broken"));
        File.WriteAllText(_folder.Combine("broken/tintype.db"), "this is no database, whatever its name says");

        await FailsAsync($"Another program listens on {taken.LocalEndpoint} already; stop it, or give another address with --listen.",
            "--data", Data, "--listen", $"{taken.LocalEndpoint}");
        await FailsAsync("--lisen is unknown. There are --listen, --data, --config, --passwords, and settings such as --Demo:Name VALUE.", "--lisen", "x");
        await FailsAsync($"The data directory {file} cannot be used: The file '{file}' already exists. Give another one with --data.", "--data", file);
        await FailsAsync($"The database in {_folder.Combine("broken")} cannot be used: SQLite Error 26: 'file is not a database'.",
            "--data", _folder.Combine("broken"), "--listen", "127.0.0.1:0");
        await FailsAsync("The configuration is wrong: DataAnnotation validation failed for 'IdentityOptions' members: 'TokenLifetime' with the error: "
            + "'The field TokenLifetime must be between 00:00:01 and 30.00:00:00.'.", "--data", Data, "--listen", "127.0.0.1:0", "--Identity:TokenLifetime", "400.00:00:00");
        var unreadable = await RunAsync("--data", Data, "--config", file);
        Assert.Equal(1, unreadable.ExitCode);
        Assert.StartsWith($"The configuration cannot be read: Failed to load configuration from file '{file}'. ", unreadable.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_servers_do_not_share_a_data_directory()
    {
        await using var server = await TintypeServer.StartAsync(Data);

        await FailsAsync($"Another Tintype is running on {Data}; stop it, or give this one a --data directory of its own.", "--data", Data, "--listen", "127.0.0.1:0");

        using var client = await ApiClient.SignInAsync(server, "tintype");
        Assert.Equal("OK", (await client.GetAsync("/healthcheck")).Text);
    }

    [Fact]
    public async Task A_stop_waits_a_few_seconds_at_most_for_a_client_that_does_nothing()
    {
        await using var server = await TintypeServer.StartAsync(Data);
        using var idle = new TcpClient();
        await idle.ConnectAsync(IPAddress.Loopback, server.Address.Port, TestContext.Current.CancellationToken);
        await idle.GetStream().WriteAsync("POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"u8.ToArray(), TestContext.Current.CancellationToken);

        var before = TimeProvider.System.GetTimestamp();
        await server.StopAsync();

        Assert.InRange(TimeProvider.System.GetElapsedTime(before), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task FailsAsync(string sentence, params string[] arguments)
    {
        var result = await RunAsync(arguments);

        Assert.Equal((1, sentence + "\n", ""), (result.ExitCode, result.StandardError, result.StandardOutput));
    }

    private static async Task<BufferedCommandResult> RunAsync(params string[] arguments)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        return await Cli.Wrap(Repository.ServerExecutable).WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(limit.Token);
    }
}
