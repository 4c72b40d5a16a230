using CliWrap;
using CliWrap.Buffered;

namespace Tintype.TestSupport;

/// <summary>
/// The functional tests that OpenStack's clients bring along in Debian's packages, set upon a server. They expect a cloud as DevStack
/// makes it: its names in clouds.yaml, and an image to try things with.
/// </summary>
public static class ClientSuites
{
    private const string Packages = "/usr/lib/python3/dist-packages";
    private const string Image = "cirros-base";

    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(15);

    /// <summary>Makes what they expect to find.</summary>
    public static async Task PrepareAsync(TintypeServer server)
    {
        using var admin = await ApiClient.SignInAsync(server, "tintype-admin");
        var made = await admin.SendAsync(HttpMethod.Post, "/image/v2/images", $$"""{"name": "{{Image}}", "visibility": "public", "disk_format": "raw", "container_format": "bare"}""");
        var sent = await admin.SendBytesAsync(HttpMethod.Put, $"/image/v2/images/{made.Json.GetProperty("id").GetString()}/file", new byte[65536]);
        if ((int)sent.Status != 204)
            throw new InvalidOperationException($"{made.Text} {sent.Text}");
    }

    /// <summary>Runs the tests of a folder below Debian's Python packages, one after another.</summary>
    /// <param name="folder">For example <c>openstack/tests/functional/image</c>.</param>
    /// <param name="regex">Of the names of those to run.</param>
    public static async Task<TempestResult> RunAsync(TintypeServer server, string folder, string regex = "")
    {
        using var place = new TemporaryDirectory();
        using var limit = new CancellationTokenSource(_limit);
        await File.WriteAllTextAsync(place.Combine("clouds.yaml"), Clouds(server), limit.Token);
        // Which openstacksdk uploads, wherever its tests run.
        await File.WriteAllTextAsync(place.Combine("CONTRIBUTING.rst"), "To be uploaded.\n", limit.Token);
        var run = await Cli.Wrap("/usr/bin/stestr")
            .WithArguments(["--test-path", Path.Combine(Packages, folder), "--top-dir", Packages, "run", "--serial", regex])
            .WithWorkingDirectory(place.Combine("."))
            .WithEnvironmentVariables(env => env
                .Set("HOME", place.Combine(".")).Set("LC_ALL", "C.UTF-8").Set("PATH", "/usr/bin:/bin").Set("PYTHON", "/usr/bin/python3")
                .Set("OS_CLIENT_CONFIG_FILE", place.Combine("clouds.yaml")).Set("OPENSTACKSDK_IMAGE", Image).Set("OS_GLANCECLIENT_EXEC_DIR", "/usr/bin")
                // Otherwise what they print gets between the results; and the SDK gives each test five seconds, however busy the machine.
                .Set("OS_LOG_CAPTURE", "1").Set("OS_STDOUT_CAPTURE", "1").Set("OS_STDERR_CAPTURE", "1").Set("OS_TEST_TIMEOUT", "300"))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(limit.Token);
        return TempestResult.Parse(run.StandardOutput + run.StandardError);
    }

    private static string Clouds(TintypeServer server) =>
        $"clouds:\n{Cloud("devstack", "tintype", server)}{Cloud("devstack-alt", "tintype-two", server)}{Cloud("devstack-admin", "tintype-admin", server)}";

    private static string Cloud(string name, string cloud, TintypeServer server)
    {
        var (user, password, project) = ApiClient.Credentials(server, cloud);
        return $$"""
              {{name}}:
                auth: {auth_url: {{server.Address}}identity/v3, username: {{user}}, password: {{password}}, project_name: {{project}}, user_domain_id: default, project_domain_id: default}
                region_name: RegionOne
                identity_api_version: 3

            """;
    }
}
