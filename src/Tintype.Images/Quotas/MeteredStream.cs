using Tintype.DiskFormats;

namespace Tintype.Images.Quotas;

/// <summary>Data on its way in, of which no byte is given on before there is room for it in the quota.</summary>
/// <param name="reserved">Bytes for which there is room already.</param>
/// <param name="reserve">Makes room for so many bytes in all, and returns for how many there is room then; throws where there is none.</param>
internal sealed class MeteredStream(Stream data, long reserved, Func<long, CancellationToken, Task<long>> reserve) : ForwardStream
{
    private long _reserved = reserved;
    private long _total;

    public override long Position
    {
        get => _total;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await data.ReadAsync(buffer, cancellationToken);
        _total += read;
        if (_total > _reserved)
            _reserved = await reserve(_total, cancellationToken);
        return read;
    }
}
