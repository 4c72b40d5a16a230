using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Tintype.ApiTests.Images.Data;

/// <summary>A bare socket that speaks just enough HTTP/1.1 to misbehave: to pause, break off, close one half, promise too much.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[256 * 1024];
    private int _start;
    private int _end;

    public static async Task<RawConnection> OpenAsync(Uri server, CancellationToken ct)
    {
        var connection = new RawConnection();
        await connection._socket.ConnectAsync(server.Host, server.Port, ct);
        return connection;
    }

    /// <param name="headers">Without Host, which is added.</param>
    public async Task SendHeadAsync(string method, string path, CancellationToken ct, params string[] headers)
    {
        var head = $"{method} {path} HTTP/1.1\r\nHost: tintype\r\n{string.Concat(headers.Select(h => h + "\r\n"))}\r\n";
        await SendAsync(Encoding.ASCII.GetBytes(head), ct);
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None, ct)..];
    }

    public async Task SendChunkAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        await SendAsync(Encoding.ASCII.GetBytes($"{bytes.Length:x}\r\n"), ct);
        await SendAsync(bytes, ct);
        await SendAsync("\r\n"u8.ToArray(), ct);
    }

    public Task EndChunksAsync(CancellationToken ct) => SendAsync("0\r\n\r\n"u8.ToArray(), ct);

    /// <summary>No more will be sent; what is answered can still be read.</summary>
    public void CloseSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>As a client that crashes: the other side gets a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    /// <summary>Status and headers of the next answer; a body is left to be read.</summary>
    public async Task<RawAnswer> ReadHeadAsync(CancellationToken ct)
    {
        var status = int.Parse((await ReadLineAsync(ct)).Split(' ')[1], CultureInfo.InvariantCulture);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var line = await ReadLineAsync(ct); line.Length > 0; line = await ReadLineAsync(ct))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        return status == 100 ? await ReadHeadAsync(ct) : new RawAnswer(status, headers);
    }

    /// <summary>The next answer with its body, whose length must be given or nothing, or which comes in chunks.</summary>
    /// <param name="hasBody">Whether an answer to the request has a body at all: none to HEAD has.</param>
    public async Task<(RawAnswer Head, byte[] Body)> ReadAnswerAsync(CancellationToken ct, bool hasBody = true)
    {
        var head = await ReadHeadAsync(ct);
        if (!hasBody)
            return (head, []);
        if (!head.Headers.ContainsKey("Transfer-Encoding"))
            return (head, await ReadBytesAsync(long.Parse(head.Headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture), ct));
        var all = new List<byte>();
        while (int.Parse(await ReadLineAsync(ct), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) is > 0 and var length)
        {
            all.AddRange(await ReadBytesAsync(length, ct));
            await ReadLineAsync(ct);
        }

        await ReadLineAsync(ct);
        return (head, [.. all]);
    }

    /// <summary>Whatever has come of the body, without copying; valid until the next call.</summary>
    public async Task<ReadOnlyMemory<byte>> ReadPieceAsync(CancellationToken ct)
    {
        if (_start == _end)
            await ReceiveAsync(ct);
        var piece = _buffer.AsMemory(_start.._end);
        _start = _end = 0;
        return piece;
    }

    public void Dispose() => _socket.Dispose();

    private async Task<byte[]> ReadBytesAsync(long length, CancellationToken ct)
    {
        var body = new byte[length];
        for (var at = 0; at < body.Length;)
        {
            if (_start == _end)
                await ReceiveAsync(ct);
            // What follows is the next answer's.
            var piece = _buffer.AsMemory(_start, Math.Min(_end - _start, body.Length - at));
            piece.CopyTo(body.AsMemory(at));
            at += piece.Length;
            _start += piece.Length;
        }

        return body;
    }

    private async Task<string> ReadLineAsync(CancellationToken ct)
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

            await ReceiveAsync(ct);
        }
    }

    private async Task ReceiveAsync(CancellationToken ct)
    {
        if (_start == _end)
            _start = _end = 0;
        var read = await _socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None, ct);
        _end += read > 0 ? read : throw new EndOfStreamException("The server closed the connection.");
    }
}

internal sealed record RawAnswer(int Status, IReadOnlyDictionary<string, string> Headers);
