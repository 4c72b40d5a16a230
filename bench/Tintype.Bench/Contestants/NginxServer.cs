using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Tintype.Bench.Measuring;
using Tintype.TestSupport;

namespace Tintype.Bench.Contestants;

/// <summary>Debian's nginx with one file, as fast as it sends: sendfile, a worker a core, no log.</summary>
internal sealed class NginxServer : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory;
    private readonly Process _process;

    private NginxServer(TemporaryDirectory directory, Process process, Uri address)
    {
        _directory = directory;
        _process = process;
        Address = address;
    }

    public const string Path = "/image";

    public Uri Address { get; }

    public double Processor => ProcessorTime.Of(_process.Id);

    /// <param name="write">Writes the file.</param>
    public static async Task<NginxServer> StartAsync(Action<Stream> write, CancellationToken ct)
    {
        var directory = new TemporaryDirectory();
        using (var file = File.Create(directory.Combine("image")))
            write(file);
        var port = FreePort();
        await File.WriteAllTextAsync(directory.Combine("nginx.conf"), Configuration(directory.Path, port), ct);
        var process = Process.Start(new ProcessStartInfo("/usr/sbin/nginx", ["-c", directory.Combine("nginx.conf"), "-e", directory.Combine("error.log")]))!;
        var server = new NginxServer(directory, process, new Uri($"http://127.0.0.1:{port}/"));
        await server.BecomesReadyAsync(port, ct);
        return server;
    }

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

    private static string Configuration(string directory, int port) => $$"""
        daemon off;
        worker_processes auto;
        {{(Environment.UserName == "root" ? "user root;" : "")}}
        pid {{directory}}/nginx.pid;
        error_log {{directory}}/error.log;
        events { worker_connections 256; }
        http {
            access_log off;
            sendfile on;
            tcp_nopush on;
            default_type application/octet-stream;
            client_body_temp_path {{directory}}/body;
            proxy_temp_path {{directory}}/proxy;
            fastcgi_temp_path {{directory}}/fastcgi;
            uwsgi_temp_path {{directory}}/uwsgi;
            scgi_temp_path {{directory}}/scgi;
            server { listen 127.0.0.1:{{port}}; root {{directory}}; }
        }
        """;

    private async Task BecomesReadyAsync(int port, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"nginx ended at its start: {await File.ReadAllTextAsync(_directory.Combine("error.log"), ct)}");
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(IPAddress.Loopback, port, limit.Token);
                return;
            }
            catch (SocketException)
            {
                // Nothing tells when it listens; a connection does.
                await Task.Delay(20, limit.Token);
            }
        }
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
