using System.Diagnostics;
using System.Text;
using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;

namespace Tintype.TestSupport;

/// <summary>The tus protocol's own client, tus-js-client, in a process of its own; see tests/compat/tus/upload.mjs for what it can be told.</summary>
public sealed class TusJsClient : IDisposable
{
    private static readonly SemaphoreSlim _installing = new(1);

    private readonly Process _process;
    private readonly StringBuilder _said = new();

    private TusJsClient(Process process) => _process = process;

    private static string Folder { get; } = Path.Combine(Repository.Root, "tests", "compat", "tus");

    /// <summary>All lines so far.</summary>
    public string Said => _said.ToString();

    /// <exception cref="InvalidOperationException">The client cannot be had on this machine.</exception>
    public static async Task<TusJsClient> StartAsync(object options, CancellationToken ct)
    {
        await InstallAsync(ct);
        var start = new ProcessStartInfo("node", [Path.Combine(Folder, "upload.mjs"), JsonSerializer.Serialize(options)])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        var client = new TusJsClient(Process.Start(start)!);
        client._process.ErrorDataReceived += (_, line) => client.Note(line.Data);
        client._process.BeginErrorReadLine();
        return client;
    }

    /// <summary>Reads on until a line begins so, and returns it.</summary>
    /// <exception cref="InvalidOperationException">The client ended without having said so.</exception>
    public async Task<string> UntilAsync(string beginning, CancellationToken ct)
    {
        while (await _process.StandardOutput.ReadLineAsync(ct) is { } line)
        {
            Note(line);
            if (line.StartsWith(beginning, StringComparison.Ordinal))
                return line;
        }

        throw new InvalidOperationException($"tus-js-client ended without saying '{beginning}':\n{Said}");
    }

    /// <summary>Lets a piece go that is held.</summary>
    public async Task GoAsync(CancellationToken ct)
    {
        await _process.StandardInput.WriteLineAsync("go".AsMemory(), ct);
        await _process.StandardInput.FlushAsync(ct);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private void Note(string? line)
    {
        lock (_said)
            _said.AppendLine(line);
    }

    /// <summary>What the lock file names, once for a work tree.</summary>
    private static async Task InstallAsync(CancellationToken ct)
    {
        await _installing.WaitAsync(ct);
        try
        {
            var installed = new FileInfo(Path.Combine(Folder, "node_modules", ".package-lock.json"));
            if (installed.Exists && installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json")))
                return;
            var npm = await Cli.Wrap("npm").WithArguments(["ci", "--no-audit", "--no-fund"]).WithWorkingDirectory(Folder)
                .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(ct);
            if (npm.ExitCode != 0)
                throw new InvalidOperationException($"tus-js-client could not be installed by 'npm ci' in {Folder}; the npm registry must be reachable once:\n{npm.StandardError}");
        }
        finally
        {
            _installing.Release();
        }
    }
}
