using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;

namespace Tintype.TestSupport;

/// <summary>Debian's own Tempest, OpenStack's suite of tests for clouds, set upon a server.</summary>
public static partial class Tempest
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(15);

    /// <summary>Runs every test whose name matches.</summary>
    /// <param name="httpImage">A URL that images can be imported from.</param>
    public static async Task<TempestResult> RunAsync(TintypeServer server, string regex, string httpImage)
    {
        using var folder = new TemporaryDirectory();
        var workspace = folder.Combine("workspace");
        using var limit = new CancellationTokenSource(_limit);
        await Cli.Wrap("/usr/bin/tempest").WithArguments(["init", "--workspace-path", folder.Combine("workspaces.yaml"), workspace])
            .WithEnvironmentVariables(env => env.Set("HOME", folder.Combine("."))).ExecuteBufferedAsync(limit.Token);
        await File.WriteAllTextAsync(Path.Combine(workspace, "etc", "tempest.conf"), Configuration(server, httpImage, folder), limit.Token);
        var run = await Cli.Wrap("/usr/bin/tempest")
            .WithArguments(["run", "--workspace-path", folder.Combine("workspaces.yaml"), "--regex", regex, "--concurrency", "1"])
            .WithWorkingDirectory(workspace)
            .WithEnvironmentVariables(env => env.Set("HOME", folder.Combine(".")).Set("LC_ALL", "C.UTF-8"))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(limit.Token);
        return TempestResult.Parse(run.StandardOutput + run.StandardError);
    }

    private static string Configuration(TintypeServer server, string httpImage, TemporaryDirectory folder)
    {
        var (user, password, project) = ApiClient.Credentials(server, "tintype-admin");
        return $"""
            [DEFAULT]
            log_file = {folder.Combine("tempest.log")}
            [oslo_concurrency]
            lock_path = {folder.Combine("lock")}
            [auth]
            use_dynamic_credentials = true
            create_isolated_networks = false
            admin_username = {user}
            admin_password = {password}
            admin_project_name = {project}
            admin_domain_name = Default
            tempest_roles = member
            [identity]
            uri_v3 = {server.Address}identity/v3
            auth_version = v3
            region = RegionOne
            admin_role = admin
            [identity-feature-enabled]
            api_v2 = false
            [image]
            http_image = {httpImage}
            build_timeout = 120
            image_caching_enabled = true
            # Where several workers share one endpoint, one of them is asked by another way; here one process is all of them.
            alternate_image_endpoint = image
            [image-feature-enabled]
            import_image = true
            os_glance_reserved = true
            manage_locations = true
            [service_available]
            glance = true
            nova = false
            neutron = false
            cinder = false
            swift = false
            """;
    }
}

/// <summary>What became of each test, or of each class that was passed over as a whole.</summary>
/// <param name="Skipped">Names, each with the reason.</param>
/// <param name="Output">Everything that was printed.</param>
public sealed partial record TempestResult(
    IReadOnlyList<string> Passed, IReadOnlyList<string> Failed, IReadOnlyDictionary<string, string> Skipped, string Output)
{
    // {0} tempest.api.image.v2.test_versions.VersionsTest.test_list_versions [0.004116s] ... ok
    // {0} setUpClass (tempest.api.image.v1.test_images.ListImagesTest) ... SKIPPED: Glance API v1 not supported
    public static TempestResult Parse(string output)
    {
        var lines = Line.Matches(output).Select(m => (Name: m.Groups[1].Value, Verdict: m.Groups[2].Value, Reason: m.Groups[3].Value)).ToList();
        return new TempestResult(
            [.. lines.Where(l => l.Verdict == "ok").Select(l => l.Name)],
            [.. lines.Where(l => l.Verdict == "FAILED").Select(l => l.Name)],
            lines.Where(l => l.Verdict == "SKIPPED").ToDictionary(l => l.Name, l => l.Reason, StringComparer.Ordinal), output);
    }

    [GeneratedRegex(@"^\{\d+\} (.+?)(?: \[[\d.]+s\])? \.\.\. (ok|FAILED|SKIPPED)(?:: (.*))?$", RegexOptions.Multiline)]
    private static partial Regex Line { get; }
}
