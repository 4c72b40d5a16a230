using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Tintype.TestSupport;

/// <summary>
/// The real server as a process of its own, on a free port of 127.0.0.1, which a test can stop, kill and start again on the same
/// data directory.
/// </summary>
public sealed class TintypeServer : IAsyncDisposable
{
    private static readonly TimeSpan _startLimit = TimeSpan.FromMinutes(5);

    private readonly IReadOnlyList<string> _arguments;
    private readonly StringBuilder _output = new();
    private Process? _process;

    private TintypeServer(string dataDirectory, IReadOnlyList<string> arguments)
    {
        DataDirectory = dataDirectory;
        _arguments = arguments;
    }

    /// <summary>
    /// The argument with which the demo cloud has its public image, <c>tintype-linux</c>. Left out, the server starts faster and its
    /// store is empty.
    /// </summary>
    public static string WithDemoGuest { get; } = $"--Demo:GuestImage={Repository.DemoGuest}";

    public string DataDirectory { get; }

    /// <summary>The root, for example http://127.0.0.1:40123. Another after each start, unless --listen was given.</summary>
    public Uri Address { get; private set; } = null!;

    public string CloudsFile => Path.Combine(DataDirectory, "clouds.yaml");

    public int Pid => _process?.Id ?? throw new InvalidOperationException("The server is not running.");

    /// <summary>Everything the server has printed, over all starts.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public static async Task<TintypeServer> StartAsync(string dataDirectory, params string[] arguments)
    {
        var server = new TintypeServer(dataDirectory, arguments);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Starts on the same data directory and returns once <c>/healthcheck</c> is 200.</summary>
    /// <param name="launcher">A program and arguments to run the server under, strace for example.</param>
    public async Task StartAgainAsync(params string[] launcher)
    {
        string[] command = [.. launcher, Repository.ServerExecutable, "--data", DataDirectory, .. DefaultArguments(), .. _arguments];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var ready = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Take(line.Data, ready);
        process.ErrorDataReceived += (_, line) => Take(line.Data, ready);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"The server ended at its start:\n{Output}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
        Address = await ready.Task.WaitAsync(_startLimit);
        using var client = new HttpClient { BaseAddress = Address };
        (await client.GetAsync(new Uri("/healthcheck", UriKind.Relative))).EnsureSuccessStatusCode();
    }

    /// <summary>SIGKILL to the server alone, as a crash is; guests go on.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await EndAsync();
    }

    /// <summary>SIGTERM, and waits for the orderly end.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", Pid.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        await EndAsync();
    }

    /// <summary>Stops the server, and ends by their pid files the guests it would have left running.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
            await StopAsync();
        _process?.Dispose();
        foreach (var guest in GuestPids(DataDirectory))
        {
            using var process = Process.GetProcessById(guest);
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    /// <summary>The QEMU processes whose pid file lies in the data directory and which still run.</summary>
    public static IReadOnlyList<int> GuestPids(string dataDirectory)
    {
        if (!Directory.Exists(dataDirectory))
            return [];
        var pids = new List<int>();
        foreach (var file in Directory.EnumerateFiles(dataDirectory, "qemu.pid", SearchOption.AllDirectories))
        {
            if (int.TryParse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture, out var pid)
                && File.Exists($"/proc/{pid}/comm")
                && File.ReadAllText($"/proc/{pid}/comm").StartsWith("qemu-system", StringComparison.Ordinal))
                pids.Add(pid);
        }

        return pids;
    }

    private IEnumerable<string> DefaultArguments()
    {
        if (!_arguments.Contains("--listen"))
            yield return "--listen=127.0.0.1:0";
    }

    private void Take(string? line, TaskCompletionSource<Uri> ready)
    {
        const string Words = "Tintype is ready at ";
        if (line is null)
            return;
        lock (_output)
            _output.AppendLine(line);
        if (line.StartsWith(Words, StringComparison.Ordinal))
            ready.TrySetResult(new Uri(line[Words.Length..line.IndexOf(',', StringComparison.Ordinal)]));
    }

    private async Task EndAsync()
    {
        await _process!.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }
}
