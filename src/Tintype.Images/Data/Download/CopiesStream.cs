using Tintype.DiskFormats;
using Tintype.Images.Stores;
using Tintype.Storage;

namespace Tintype.Images.Data.Download;

/// <summary>Reads a range of a blob front to back from its copies: when one fails, the next goes on at the same byte.</summary>
internal sealed class CopiesStream(IReadOnlyList<PlacedCopy> places, long offset, long length, Action<PlacedCopy, Exception> failed) : ForwardStream
{
    private int _place;
    private long _read;
    private Stream? _current;

    public override long Length => length;

    public override long Position { get => _read; set => throw new NotSupportedException(); }

    /// <exception cref="IOException">No copy can be opened; of the last one.</exception>
    public async Task OpenAsync(CancellationToken ct)
    {
        while (_current is null)
        {
            try
            {
                _current = await OpenAsync(places[_place], ct);
            }
            catch (IOException failure) when (Advance(failure))
            {
                // The next copy is tried.
            }
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_read == length || buffer.IsEmpty)
            return 0;
        while (true)
        {
            await OpenAsync(cancellationToken);
            try
            {
                var read = await _current!.ReadAsync(buffer[..(int)Math.Min(buffer.Length, length - _read)], cancellationToken);
                if (read == 0)
                    throw new EndOfStreamException($"The store '{places[_place].Store.Name}' ended {length - _read} bytes early.");
                _read += read;
                return read;
            }
            catch (IOException failure) when (Advance(failure))
            {
                await _current!.DisposeAsync();
                _current = null;
            }
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_current is not null)
            await _current.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _current?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Whether there is another copy to go on with.</summary>
    private bool Advance(IOException failure)
    {
        failed(places[_place], failure);
        if (_place + 1 == places.Count)
            return false;
        _place++;
        return true;
    }

    private async Task<Stream> OpenAsync(PlacedCopy place, CancellationToken ct)
    {
        var id = place.Copy.BlobId;
        var from = offset + _read;
        if (place is { Copy.Url: { } url, Store.Blobs: IUrlReadable urls })
            return await urls.OpenUrlAsync(url, from, length - _read, ct);
        if (place.Store.Blobs is IRangeReadable ranges)
            return await ranges.OpenRangeAsync(id, from, length - _read, ct);
        var whole = await place.Store.Blobs.OpenReadAsync(id, ct);
        await SkipAsync(whole, from, ct);
        return whole;
    }

    private static async Task SkipAsync(Stream data, long bytes, CancellationToken ct)
    {
        var buffer = new byte[(int)Math.Min(bytes, 256 * 1024)];
        while (bytes > 0)
        {
            var read = await data.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, bytes)), ct);
            if (read == 0)
                throw new EndOfStreamException($"The store's data ended {bytes} bytes before the range.");
            bytes -= read;
        }
    }
}
