using System.Buffers.Binary;
using System.Net.Sockets;

namespace Tintype.Qemu.Nbd;

/// <summary>Big-endian numbers and runs of bytes over the socket.</summary>
internal sealed class NbdChannel(Socket socket) : IDisposable
{
    private readonly byte[] _scratch = new byte[8];

    public async ValueTask<ulong> UInt64Async(CancellationToken ct) => BinaryPrimitives.ReadUInt64BigEndian(await ScratchAsync(8, ct));

    public async ValueTask<uint> UInt32Async(CancellationToken ct) => BinaryPrimitives.ReadUInt32BigEndian(await ScratchAsync(4, ct));

    public async ValueTask<ushort> UInt16Async(CancellationToken ct) => BinaryPrimitives.ReadUInt16BigEndian(await ScratchAsync(2, ct));

    public async ValueTask FillAsync(Memory<byte> buffer, CancellationToken ct)
    {
        while (!buffer.IsEmpty)
        {
            var read = await socket.ReceiveAsync(buffer, SocketFlags.None, ct);
            if (read == 0)
                throw new NbdException("The other side closed the NBD connection.");
            buffer = buffer[read..];
        }
    }

    /// <summary>The next bytes, of which there are at most <paramref name="limit"/>: what the other side says is not trusted with our memory.</summary>
    public async ValueTask<byte[]> BytesAsync(uint length, uint limit, CancellationToken ct)
    {
        if (length > limit)
            throw new NbdException($"{length} bytes were announced over NBD where at most {limit} make sense.");
        var bytes = new byte[length];
        await FillAsync(bytes, ct);
        return bytes;
    }

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, ct)..];
    }

    public void Dispose() => socket.Dispose();

    private async ValueTask<byte[]> ScratchAsync(int length, CancellationToken ct)
    {
        await FillAsync(_scratch.AsMemory(0, length), ct);
        return _scratch;
    }
}
