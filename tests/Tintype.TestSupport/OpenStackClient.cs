using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;

namespace Tintype.TestSupport;

/// <summary>Debian's own <c>openstack</c> command, as one of the clouds of a server's clouds.yaml.</summary>
public sealed class OpenStackClient(TintypeServer server, string cloud)
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(6);

    /// <summary>Runs the command and returns what it printed.</summary>
    /// <exception cref="OpenStackClientException">It ended with another code than 0.</exception>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var result = await TryAsync(arguments);
        return result.ExitCode == 0 ? result.StandardOutput
            : throw new OpenStackClientException($"openstack {string.Join(' ', arguments)} ended with {result.ExitCode}:\n{result.StandardError}{result.StandardOutput}\n--- server ---\n{Tail(server.Output)}");
    }

    /// <summary>Runs the command with <c>-f json</c> and parses what it printed.</summary>
    public async Task<JsonElement> JsonAsync(params string[] arguments) =>
        JsonDocument.Parse(await RunAsync([.. arguments, "-f", "json"])).RootElement;

    /// <summary>Runs the command however it ends.</summary>
    public async Task<BufferedCommandResult> TryAsync(params string[] arguments)
    {
        using var limit = new CancellationTokenSource(_limit);
        return await Cli.Wrap("/usr/bin/openstack")
            .WithArguments(["--os-cloud", cloud, .. arguments])
            .WithEnvironmentVariables(env => env.Set("OS_CLIENT_CONFIG_FILE", server.CloudsFile).Set("LC_ALL", "C.UTF-8"))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(limit.Token);
    }

    private static string Tail(string text) => text.Length <= 4000 ? text : text[^4000..];
}

public sealed class OpenStackClientException(string message) : Exception(message);
