using System.Security.Cryptography;
using Tintype.DiskFormats;
using Tintype.Storage;

namespace Tintype.Images.Caching;

/// <summary>
/// Passes an image's data on to whoever reads it, and writes it into the cache beside. Once it has been read to its end, disposing
/// keeps it; whatever ends it earlier leaves nothing. A cache that fails is no concern of the reader's.
/// </summary>
/// <param name="checksum">MD5 that the whole must have; null if none is known.</param>
/// <param name="keep">Called once the file is whole and durable.</param>
/// <param name="failed">Told why the cache gives up.</param>
internal sealed class CachingStream(Stream source, IBlobWriter writer, long length, string? checksum, Func<Task> keep, Action<Exception> failed, Action ended) : ForwardStream
{
    private readonly IncrementalHash _md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    private bool _given;
    private bool _disposed;
    private long _read;

    public override long Length => length;

    public override long Position { get => _read; set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await source.ReadAsync(buffer, cancellationToken);
        _read += read;
        if (_given || read == 0)
            return read;
        try
        {
            _md5.AppendData(buffer.Span[..read]);
            await writer.WriteAsync(buffer[..read], cancellationToken);
        }
        catch (IOException full)
        {
            _given = true;
            failed(full);
        }

        return read;
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            await EndAsync();
        }

        await base.DisposeAsync();
    }

    private async Task EndAsync()
    {
        try
        {
            await source.DisposeAsync();
            if (!_given && _read == length)
                await KeepAsync();
        }
        finally
        {
            await writer.DisposeAsync();
            _md5.Dispose();
            ended();
        }
    }

    private async Task KeepAsync()
    {
        var found = Convert.ToHexStringLower(_md5.GetHashAndReset());
        if (checksum is not null && checksum != found)
        {
            failed(new InvalidDataException($"The data has the checksum {found} and should have {checksum}."));
            return;
        }

        try
        {
            await writer.CommitAsync(CancellationToken.None);
            await keep();
        }
        catch (IOException full)
        {
            failed(full);
        }
    }
}
