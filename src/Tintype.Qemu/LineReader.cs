namespace Tintype.Qemu;

/// <summary>
/// Splits a stream into lines, as QMP and the guest agent send their JSON, and holds no more than one of them: what comes from
/// QEMU may be a guest's doing.
/// </summary>
internal sealed class LineReader(Stream stream, int longestLine)
{
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>The next line without its line feed, valid until the next call; null at the stream's end.</summary>
    /// <exception cref="IOException">The line is longer than allowed.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken ct)
    {
        var searched = _start;
        while (true)
        {
            var feed = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (feed >= 0)
            {
                var line = _buffer.AsMemory(_start, searched + feed - _start);
                _start = searched + feed + 1;
                return line;
            }

            var held = _end - _start;
            if (held >= longestLine)
                throw new IOException($"A line of more than {longestLine} bytes came from QEMU.");
            MakeRoom(held);
            searched = _end;
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), ct);
            if (read == 0)
                return null;
            _end += read;
        }
    }

    private void MakeRoom(int held)
    {
        if (_end < _buffer.Length)
            return;
        var target = held > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
        _buffer.AsSpan(_start, held).CopyTo(target);
        _buffer = target;
        _start = 0;
        _end = held;
    }
}
