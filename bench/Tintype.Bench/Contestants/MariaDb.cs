using System.Diagnostics;
using System.Globalization;
using CliWrap;
using CliWrap.Buffered;
using Tintype.Bench.Measuring;
using Tintype.TestSupport;

namespace Tintype.Bench.Contestants;

/// <summary>Debian's MariaDB with an empty database for Glance, in a folder that is removed at its end; durable, as it is by default.</summary>
internal sealed class MariaDb : IAsyncDisposable
{
    private const string Password = "bench";

    private readonly TemporaryDirectory _directory;
    private readonly Process _process;
    private readonly int _port;

    private MariaDb(TemporaryDirectory directory, Process process, int port)
    {
        _directory = directory;
        _process = process;
        _port = port;
    }

    public string Url => $"mysql+pymysql://glance:{Password}@127.0.0.1:{_port}/glance?charset=utf8";

    public double Processor => ProcessorTime.Of(_process.Id);

    public static async Task<MariaDb> StartAsync(CancellationToken ct)
    {
        var directory = new TemporaryDirectory();
        // It would give its files to a user of its own when root starts it.
        var user = $"--user={Environment.UserName}";
        await Cli.Wrap("mariadb-install-db").WithArguments(["--no-defaults", user, $"--datadir={directory.Combine("data")}", "--auth-root-authentication-method=socket", "--skip-test-db"])
            .ExecuteBufferedAsync(ct);
        var port = NginxServer.FreePort();
        var start = new ProcessStartInfo("/usr/sbin/mariadbd",
        [
            "--no-defaults", user, $"--datadir={directory.Combine("data")}", $"--tmpdir={directory.Path}", $"--socket={directory.Combine("socket")}", "--bind-address=127.0.0.1",
            $"--port={port}", $"--pid-file={directory.Combine("pid")}", $"--log-error={directory.Combine("log")}", "--max-connections=400", "--innodb-buffer-pool-size=256M",
            "--character-set-server=utf8mb4", "--skip-log-bin",
        ])
        { RedirectStandardError = true };
        var process = Process.Start(start)!;
        // Its log is a file; what it says before it has opened that is about limits that do not matter here.
        process.BeginErrorReadLine();
        var database = new MariaDb(directory, process, port);
        try
        {
            await database.BecomesReadyAsync(ct);
            await database.ExecuteAsync($"""
                CREATE DATABASE glance CHARACTER SET utf8;
                CREATE USER 'glance'@'127.0.0.1' IDENTIFIED BY '{Password}';
                CREATE USER 'glance'@'localhost' IDENTIFIED BY '{Password}';
                GRANT ALL ON glance.* TO 'glance'@'127.0.0.1';
                GRANT ALL ON glance.* TO 'glance'@'localhost';
                """, ct);
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs statements by the command line client, as root.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken ct) => await Client().WithStandardInputPipe(PipeSource.FromString(sql)).ExecuteBufferedAsync(ct);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var stop = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _directory.Dispose();
    }

    private Command Client() => Cli.Wrap("mariadb").WithArguments(["--no-defaults", $"--user={Environment.UserName}", $"--socket={_directory.Combine("socket")}"]);

    private async Task BecomesReadyAsync(CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        while ((await Client().WithArguments(a => a.Add("--no-defaults").Add($"--user={Environment.UserName}").Add($"--socket={_directory.Combine("socket")}").Add("--execute=SELECT 1"))
                   .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(limit.Token)).ExitCode != 0)
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"MariaDB ended at its start: {await File.ReadAllTextAsync(_directory.Combine("log"), ct)}");
            // Nothing tells when it answers; an answer does.
            await Task.Delay(100, limit.Token);
        }
    }
}
