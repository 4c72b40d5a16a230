using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tintype.ApiTests.Images.Import;

/// <summary>A web server of a few pages on 127.0.0.1: files, of which it gives ranges too, and answers of exactly the bytes that it was given.</summary>
public sealed class WebOrigin : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]> _answers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Task Open, int Behind)> _gates = new(StringComparer.Ordinal);
    private readonly List<string> _requests = [];
    private readonly CancellationTokenSource _end = new();
    private readonly Task _run;

    public WebOrigin()
    {
        _listener.Start();
        _run = RunAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What has been asked for, in its order: <c>HEAD /disk</c>, <c>GET /disk bytes=0-9</c>.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_answers)
                return [.. _requests];
        }
    }

    public string Url(string path) => $"http://127.0.0.1:{Port}{path}";

    public void Give(string path, byte[] data)
    {
        lock (_answers)
            _files[path] = data;
    }

    public void Redirect(string path, string location) =>
        Answer(path, Encoding.ASCII.GetBytes($"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));

    /// <summary>Raw bytes, sent before the connection is closed, whatever is asked of the path.</summary>
    public void Answer(string path, byte[] answer)
    {
        lock (_answers)
            _answers[path] = answer;
    }

    /// <summary>Gives the first half of the file at once, and the other when the test says so.</summary>
    /// <returns>To be called for that.</returns>
    public Action Hold(string path, byte[] file)
    {
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_answers)
        {
            _files[path] = file;
            _gates[path] = (released.Task, file.Length - (file.Length / 2));
        }

        return released.SetResult;
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
            try
            {
                var words = (await reader.ReadLineAsync() ?? "").Split(' ');
                var (method, path) = (words[0], words.ElementAtOrDefault(1) ?? "");
                string? range = null;
                while (await reader.ReadLineAsync() is { Length: > 0 } header)
                {
                    if (header.StartsWith("Range: ", StringComparison.OrdinalIgnoreCase))
                        range = header["Range: ".Length..];
                }

                var answer = AnswerTo(method, path, range);
                if (method == "GET" && GateOf(path) is { } gate)
                {
                    await stream.WriteAsync(answer.AsMemory(0, answer.Length - gate.Behind));
                    await gate.Open.WaitAsync(_end.Token);
                    answer = answer[^gate.Behind..];
                }

                await stream.WriteAsync(answer);
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException)
            {
                // Whoever asked has heard enough, or was killed while asking.
            }
        }
    }

    private (Task Open, int Behind)? GateOf(string path)
    {
        lock (_answers)
            return _gates.TryGetValue(path, out var gate) ? gate : null;
    }

    private byte[] AnswerTo(string method, string path, string? range)
    {
        lock (_answers)
        {
            _requests.Add(range is null ? $"{method} {path}" : $"{method} {path} {range}");
            if (_answers.TryGetValue(path, out var answer))
                return answer;
            if (!_files.TryGetValue(path, out var file))
                return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray();
            if (method == "HEAD" || range is null)
                return [.. Head($"200 OK\r\nContent-Length: {file.Length}"), .. method == "HEAD" ? [] : file];

            var ends = range["bytes=".Length..].Split('-');
            var first = int.Parse(ends[0], CultureInfo.InvariantCulture);
            var last = Math.Min(ends[1].Length == 0 ? int.MaxValue : int.Parse(ends[1], CultureInfo.InvariantCulture), file.Length - 1);
            return first > last
                ? Head($"416 Range Not Satisfiable\r\nContent-Range: bytes */{file.Length}\r\nContent-Length: 0")
                : [.. Head($"206 Partial Content\r\nContent-Range: bytes {first}-{last}/{file.Length}\r\nContent-Length: {last - first + 1}"), .. file[first..(last + 1)]];
        }
    }

    private static byte[] Head(string status) => Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nConnection: close\r\n\r\n");
}
