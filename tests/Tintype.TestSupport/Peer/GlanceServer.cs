using System.Diagnostics;
using System.Globalization;
using System.Text;
using CliWrap;
using CliWrap.Buffered;

namespace Tintype.TestSupport.Peer;

/// <summary>
/// The real Glance, from Debian's packages, as a process (and its workers) on a free port of 127.0.0.1, with all that it keeps in a
/// folder that is removed at its end. Its tokens are those of a <see cref="TintypeServer"/>, which it asks about each as it would ask
/// Keystone: so both services have the same users, projects and roles, and a client speaks to both with one token.
/// </summary>
/// <remarks>
/// To measure, give it a real database (<see cref="GlanceSettings.DatabaseUrl"/>) and as many workers as it has processors; what it
/// costs is what <see cref="Pids"/> use. It asks about a token once in <see cref="GlanceSettings.TokenCacheSeconds"/> a worker: warm it up.
/// </remarks>
public sealed class GlanceServer : IAsyncDisposable
{
    private static readonly TimeSpan _startLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(20);

    private readonly TemporaryDirectory _folder;
    private readonly StringBuilder _output = new();
    private Process? _process;

    private GlanceServer(TemporaryDirectory folder, int port)
    {
        _folder = folder;
        Address = new Uri($"http://127.0.0.1:{port}/");
    }

    /// <summary>The root, under which <c>/v2/images</c> is.</summary>
    public Uri Address { get; }

    /// <summary>The server and its workers. They are all gone after the end.</summary>
    public IReadOnlyList<int> Pids => [_process!.Id, .. Children(_process.Id)];

    /// <summary>What it has said and logged.</summary>
    public string Output
    {
        get
        {
            var log = _folder.Combine("glance.log");
            lock (_output)
                return _output + (File.Exists(log) ? File.ReadAllText(log) : "");
        }
    }

    /// <summary>Makes its tables, starts it, and returns once it answers.</summary>
    public static async Task<GlanceServer> StartAsync(GlanceSettings settings, TintypeServer identity)
    {
        var folder = new TemporaryDirectory();
        // It would share a taken one silently (SO_REUSEPORT).
        var port = FreePort.Next();
        var glance = new GlanceServer(folder, port);
        try
        {
            var configuration = folder.Combine("glance-api.conf");
            await File.WriteAllTextAsync(configuration, GlanceConfiguration.Write(settings, folder.Path, port, identity));
            await glance.RunAsync(configuration);
            return glance;
        }
        catch
        {
            await glance.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGTERM, and SIGKILL to whatever has not gone by then.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await Cli.Wrap("kill").WithArguments(["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]).ExecuteAsync();
            using var limit = new CancellationTokenSource(_stopLimit);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync();
            }
        }

        _process?.Dispose();
        _folder.Dispose();
    }

    private async Task RunAsync(string configuration)
    {
        await Cli.Wrap("/usr/bin/glance-manage").WithArguments(["--config-file", configuration, "db_sync"])
            .WithEnvironmentVariables(env => env.Set("HOME", _folder.Path)).ExecuteBufferedAsync();
        // As /usr/bin/glance-api does, whose package would start a service on the host.
        var start = new ProcessStartInfo("/usr/bin/python3", ["-m", "glance.cmd.api", "--config-file", configuration])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.Path,
        };
        start.Environment["HOME"] = _folder.Path;
        start.Environment["LC_ALL"] = "C.UTF-8";
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await AnswerAsync();
    }

    private async Task AnswerAsync()
    {
        using var http = new HttpClient { BaseAddress = Address };
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if ((await http.GetAsync(new Uri("/healthcheck", UriKind.Relative))).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException) when (!_process!.HasExited && clock.Elapsed < _startLimit)
            {
                // It does not listen yet. There is no sign to wait for but an answer.
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
            catch (HttpRequestException missing)
            {
                throw new InvalidOperationException($"Glance does not answer:\n{Output}", missing);
            }
        }
    }

    private static IEnumerable<int> Children(int pid) => File.ReadAllText($"/proc/{pid}/task/{pid}/children")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(child => int.Parse(child, CultureInfo.InvariantCulture));

    private void Take(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _output.AppendLine(line);
    }
}
