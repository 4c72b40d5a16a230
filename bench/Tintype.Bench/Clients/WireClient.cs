using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Tintype.Bench.Clients;

/// <summary>
/// One connection that speaks just enough HTTP/1.1 to move image data with as little processor time as a client can: it blocks its
/// thread, copies nothing, and looks at nothing but the head of the answer.
/// </summary>
internal sealed class WireClient : IDisposable
{
    private const int BlockSize = 1024 * 1024;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[BlockSize];
    private readonly string _host;
    private int _start;
    private int _end;

    public WireClient(Uri server)
    {
        _host = $"{server.Host}:{server.Port}";
        _socket.Connect(server.Host, server.Port);
    }

    /// <summary>Sends the pattern, over and over, as a body.</summary>
    /// <exception cref="HttpRequestException">The answer is no success.</exception>
    public void Put(string path, string? token, byte[] pattern, long length)
    {
        SendHead("PUT", path, token, $"Content-Type: application/octet-stream\r\nContent-Length: {length}\r\n");
        for (long sent = 0; sent < length;)
        {
            var at = (int)(sent % pattern.Length);
            var piece = pattern.AsSpan(at, (int)Math.Min(Math.Min(BlockSize, pattern.Length - at), length - sent));
            for (var rest = piece; !rest.IsEmpty;)
                rest = rest[_socket.Send(rest)..];
            sent += piece.Length;
        }

        ReadBody(ReadHead());
    }

    /// <summary>Has the kernel send a file as a body.</summary>
    /// <returns>Its length.</returns>
    /// <exception cref="HttpRequestException">The answer is no success.</exception>
    public long PutFile(string path, string? token, string file)
    {
        var length = new FileInfo(file).Length;
        SendHead("PUT", path, token, $"Content-Type: application/octet-stream\r\nContent-Length: {length}\r\n");
        _socket.SendFile(file);
        ReadBody(ReadHead());
        return length;
    }

    /// <summary>Asks for a body, or a range of it, and throws it away.</summary>
    /// <returns>Bytes that came.</returns>
    /// <exception cref="HttpRequestException">The answer is no success.</exception>
    public long Get(string path, string? token, (long From, long Length)? range = null)
    {
        SendHead("GET", path, token, range is { } r ? $"Range: bytes={r.From}-{r.From + r.Length - 1}\r\n" : "");
        return ReadBody(ReadHead());
    }

    public void Dispose() => _socket.Dispose();

    private void SendHead(string method, string path, string? token, string headers)
    {
        var credentials = token is null ? "" : $"X-Auth-Token: {token}\r\n";
        _socket.Send(Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.1\r\nHost: {_host}\r\n{credentials}{headers}\r\n"));
    }

    /// <returns>Bytes of the body; null if it comes in chunks.</returns>
    private long? ReadHead()
    {
        var status = ReadLine();
        long? length = 0;
        for (var line = ReadLine(); line.Length > 0; line = ReadLine())
        {
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                length = long.Parse(line.AsSpan("Content-Length:".Length), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
            else if (line.Equals("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase))
                length = null;
        }

        if (status.Length < 12 || status[9] != '2')
            throw new HttpRequestException($"{_host} answered '{status}'.");
        return length;
    }

    private long ReadBody(long? length)
    {
        if (length is { } known)
            return Skip(known);
        long sum = 0;
        while (true)
        {
            var chunk = long.Parse(ReadLine(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            sum += Skip(chunk);
            ReadLine();
            if (chunk == 0)
                return sum;
        }
    }

    private long Skip(long length)
    {
        var buffered = (int)Math.Min(length, _end - _start);
        _start += buffered;
        for (var rest = length - buffered; rest > 0;)
        {
            var read = _socket.Receive(_buffer.AsSpan(0, (int)Math.Min(_buffer.Length, rest)));
            rest -= read > 0 ? read : throw new EndOfStreamException($"{_host} closed the connection {rest} bytes early.");
            _start = _end = 0;
        }

        return length;
    }

    private string ReadLine()
    {
        while (true)
        {
            var end = _buffer.AsSpan(_start.._end).IndexOf("\r\n"u8);
            if (end >= 0)
            {
                var line = Encoding.ASCII.GetString(_buffer, _start, end);
                _start += end + 2;
                return line;
            }

            if (_start == _end)
                _start = _end = 0;
            var read = _socket.Receive(_buffer.AsSpan(_end));
            _end += read > 0 ? read : throw new EndOfStreamException($"{_host} closed the connection.");
        }
    }
}

internal static class Streams
{
    /// <summary>Runs so many blocking clients at once, each on a thread of its own.</summary>
    /// <param name="work">Given the number of the stream; returns the bytes it moved.</param>
    /// <returns>The bytes of all.</returns>
    public static async Task<double> RunAsync(int count, Func<int, long> work) => (await Task.WhenAll(Enumerable.Range(0, count).Select(stream =>
        Task.Factory.StartNew(() => work(stream), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)))).Sum();
}
