using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tintype.ApiTests.Images.Import;

/// <summary>A web server of a few pages on 127.0.0.1, each answering with exactly the bytes that it was given.</summary>
public sealed class WebOrigin : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Dictionary<string, byte[]> _answers = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _run;

    public WebOrigin()
    {
        _listener.Start();
        _run = RunAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Url(string path) => $"http://127.0.0.1:{Port}{path}";

    public void Give(string path, byte[] data) =>
        Answer(path, [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {data.Length}\r\nConnection: close\r\n\r\n"), .. data]);

    public void Redirect(string path, string location) =>
        Answer(path, Encoding.ASCII.GetBytes($"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));

    /// <summary>Raw bytes, sent before the connection is closed.</summary>
    public void Answer(string path, byte[] answer)
    {
        lock (_answers)
            _answers[path] = answer;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _run;
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
                open.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        await using (var stream = client.GetStream())
        {
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            var path = (await reader.ReadLineAsync() ?? "").Split(' ').ElementAtOrDefault(1) ?? "";
            while (await reader.ReadLineAsync() is { Length: > 0 })
            {
                // The headers say nothing of interest.
            }

            byte[]? answer;
            lock (_answers)
                _answers.TryGetValue(path, out answer);
            await stream.WriteAsync(answer ?? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
        }
    }
}
