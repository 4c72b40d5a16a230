using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using Tintype.Qemu.Disks;
using static Tintype.Qemu.Nbd.NbdProtocol;

namespace Tintype.Qemu.Nbd;

/// <summary>
/// Reads an NBD export over a unix socket: fixed newstyle, structured replies, <c>base:allocation</c> where the server has it, and QEMU's own
/// contexts where they are asked for. One request at a time; memory is bounded by what the caller asks for in one read.
/// </summary>
public sealed class NbdClient : IDiskReader
{
    /// <summary>The most that one request asks for, in bytes: the smallest maximum that servers must accept.</summary>
    private const int MaximumRead = 32 * 1024 * 1024;

    // Servers answer as many extents as they like; this is the range asked for at once, below the protocol's 32-bit length.
    private const long StatusRange = 1L << 31;

    // As many extents as QEMU puts into one answer (NBD_MAX_BLOCK_STATUS_EXTENTS), and the context's number.
    private const uint LongestStatus = (1 << 20) + 4;

    private readonly NbdChannel _channel;
    private readonly NbdContexts _contexts;
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private ulong _cookie;

    private NbdClient(NbdChannel channel, NbdContexts contexts) => (_channel, _contexts) = (channel, contexts);

    public long Length { get; private set; }

    /// <param name="socketPath">A unix socket.</param>
    /// <param name="export">The export's name.</param>
    /// <exception cref="NbdException">The server has no such export, or does not speak the protocol.</exception>
    public static Task<NbdClient> ConnectAsync(string socketPath, string export, CancellationToken ct) =>
        ConnectAsync(socketPath, export, new NbdFacts(), ct);

    /// <param name="facts">What <see cref="MapAsync"/> shall tell. That costs the server what it costs to find out.</param>
    /// <exception cref="NbdException">The same, or the server does not tell the depth or knows no such bitmap.</exception>
    public static async Task<NbdClient> ConnectAsync(string socketPath, string export, NbdFacts facts, CancellationToken ct)
    {
        var client = new NbdClient(new NbdChannel(await UnixSocket.OpenAsync(socketPath, ct)), new NbdContexts(facts));
        try
        {
            await client.NegotiateAsync(export, ct);
            return client;
        }
        catch
        {
            client._channel.Dispose();
            throw;
        }
    }

    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + buffer.Length, Length);
        await _oneAtATime.WaitAsync(ct);
        try
        {
            while (!buffer.IsEmpty)
            {
                var part = buffer[..Math.Min(buffer.Length, MaximumRead)];
                await RequestAsync(CommandRead, offset, (uint)part.Length, ct);
                await TakeReadAsync(offset, part, ct);
                offset += part.Length;
                buffer = buffer[part.Length..];
            }
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public async IAsyncEnumerable<DiskExtent> ExtentsAsync([EnumeratorCancellation] CancellationToken ct)
    {
        DiskExtent? run = null;
        await foreach (var extent in MapAsync(0, Length, ct))
        {
            if (run is { } open && open.IsZero == extent.IsZero)
            {
                run = open with { Length = open.Length + extent.Length };
                continue;
            }

            if (run is { } done)
                yield return done;
            run = new DiskExtent(extent.Offset, extent.Length, extent.IsZero);
        }

        if (run is { } last)
            yield return last;
    }

    /// <summary>The range from front to back, with what was asked for at the connecting. Adjacent, ordered, complete; what borders on each other differs.</summary>
    public async IAsyncEnumerable<NbdExtent> MapAsync(long offset, long length, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Length);
        NbdExtent? run = null;
        for (var at = offset; at < offset + length;)
        {
            foreach (var extent in await StatusAsync(at, offset + length - at, ct))
            {
                at = extent.End;
                if (run is { } open && open.IsLike(extent))
                {
                    run = open with { Length = open.Length + extent.Length };
                    continue;
                }

                if (run is { } done)
                    yield return done;
                run = extent;
            }
        }

        if (run is { } last)
            yield return last;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await RequestAsync(CommandDisconnect, 0, 0, CancellationToken.None);
        }
        catch (SocketException)
        {
            // The server has gone first: there is nobody left to say goodbye to.
        }

        _channel.Dispose();
        _oneAtATime.Dispose();
    }

    private async Task NegotiateAsync(string export, CancellationToken ct)
    {
        if (await _channel.UInt64Async(ct) != ServerMagic || await _channel.UInt64Async(ct) != OptionMagic)
            throw new NbdException("What answers on the socket is not an NBD server.");
        var serverFlags = await _channel.UInt16Async(ct);
        if ((serverFlags & FixedNewstyle) == 0)
            throw new NbdException("The NBD server is too old: it lacks the fixed newstyle negotiation.");
        var flags = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(flags, (uint)(serverFlags & (FixedNewstyle | NoZeroes)));
        await _channel.SendAsync(flags, ct);

        if (await OptionAsync(OptionStructuredReply, [], _ => { }, ct) && _contexts.IsNeeded)
            await OptionAsync(OptionSetMetaContext, _contexts.Query(export), _contexts.Grant, ct);
        long? size = null;
        if (!await OptionAsync(OptionGo, GoRequest(export), info =>
        {
            if (info.Length >= 10 && BinaryPrimitives.ReadUInt16BigEndian(info) == InfoExport)
                size = checked((long)BinaryPrimitives.ReadUInt64BigEndian(info.AsSpan(2)));
        }, ct))
            throw new NbdException($"The NBD server has no export '{export}'.");
        Length = size ?? throw new NbdException($"The NBD server does not say how large the export '{export}' is.");
        _contexts.RequireAll();
    }

    /// <returns>Whether the server granted the option.</returns>
    private async Task<bool> OptionAsync(uint option, byte[] data, Action<byte[]> onInfo, CancellationToken ct)
    {
        var request = new byte[16 + data.Length];
        BinaryPrimitives.WriteUInt64BigEndian(request, OptionMagic);
        BinaryPrimitives.WriteUInt32BigEndian(request.AsSpan(8), option);
        BinaryPrimitives.WriteUInt32BigEndian(request.AsSpan(12), (uint)data.Length);
        data.CopyTo(request, 16);
        await _channel.SendAsync(request, ct);
        while (true)
        {
            if (await _channel.UInt64Async(ct) != OptionReplyMagic || await _channel.UInt32Async(ct) != option)
                throw new NbdException("The NBD server answered another option than was asked.");
            var type = await _channel.UInt32Async(ct);
            var payload = await _channel.BytesAsync(await _channel.UInt32Async(ct), 64 * 1024, ct);
            switch (type)
            {
                case ReplyAck:
                    return true;
                case ReplyInfo or ReplyMetaContext:
                    onInfo(payload);
                    break;
                case var error when (error & ReplyErrorBit) != 0:
                    return false;
                default:
                    throw new NbdException($"The NBD server sent a reply of unknown type {type}.");
            }
        }
    }

    private static byte[] GoRequest(string export)
    {
        var name = Encoding.UTF8.GetBytes(export);
        var data = new byte[4 + name.Length + 2];
        BinaryPrimitives.WriteUInt32BigEndian(data, (uint)name.Length);
        name.CopyTo(data, 4);
        return data;
    }

    private async Task RequestAsync(ushort command, long offset, uint length, CancellationToken ct)
    {
        var request = new byte[28];
        BinaryPrimitives.WriteUInt32BigEndian(request, RequestMagic);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(6), command);
        BinaryPrimitives.WriteUInt64BigEndian(request.AsSpan(8), ++_cookie);
        BinaryPrimitives.WriteUInt64BigEndian(request.AsSpan(16), (ulong)offset);
        BinaryPrimitives.WriteUInt32BigEndian(request.AsSpan(24), length);
        await _channel.SendAsync(request, ct);
    }

    private async Task TakeReadAsync(long offset, Memory<byte> buffer, CancellationToken ct)
    {
        while (await ChunkAsync(ct) is { } chunk)
        {
            switch (chunk.Type)
            {
                case ChunkSimple:
                    await _channel.FillAsync(buffer, ct);
                    return;
                case ChunkOffsetData when chunk.Length >= 8:
                    await _channel.FillAsync(Within(buffer, offset, checked((long)await _channel.UInt64Async(ct)), chunk.Length - 8), ct);
                    break;
                case ChunkOffsetHole when chunk.Length == 12:
                    var hole = checked((long)await _channel.UInt64Async(ct));
                    Within(buffer, offset, hole, await _channel.UInt32Async(ct)).Span.Clear();
                    break;
                case ChunkNone:
                    break;
                default:
                    throw new NbdException($"The NBD server sent a chunk of unexpected type {chunk.Type} to a read.");
            }

            if (chunk.Last)
                return;
        }
    }

    private async Task<IReadOnlyList<NbdExtent>> StatusAsync(long offset, long left, CancellationToken ct)
    {
        var length = Math.Min(left, StatusRange);
        var reply = _contexts.Begin(offset, length);
        if (!_contexts.IsGranted)
            return reply.Extents();
        await _oneAtATime.WaitAsync(ct);
        try
        {
            await RequestAsync(CommandBlockStatus, offset, (uint)length, ct);
            while (await ChunkAsync(ct) is { } chunk)
            {
                if (chunk.Type == ChunkBlockStatus)
                    reply.Take(await _channel.BytesAsync(chunk.Length, LongestStatus, ct));
                else if (chunk.Type != ChunkNone)
                    throw new NbdException($"The NBD server sent a chunk of unexpected type {chunk.Type} to a status request.");
                if (chunk.Last)
                    break;
            }

            return reply.Extents();
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private const ushort ChunkSimple = ushort.MaxValue;

    private readonly record struct Chunk(ushort Type, bool Last, uint Length);

    /// <summary>The head of the next reply; errors are thrown.</summary>
    private async Task<Chunk?> ChunkAsync(CancellationToken ct)
    {
        var magic = await _channel.UInt32Async(ct);
        if (magic == SimpleReplyMagic)
        {
            var error = await _channel.UInt32Async(ct);
            await ExpectCookieAsync(ct);
            return error == 0 ? new Chunk(ChunkSimple, true, 0) : throw new NbdException($"The NBD server could not read: error {error}.");
        }

        if (magic != StructuredReplyMagic)
            throw new NbdException($"The NBD server's reply begins with {magic:x8}.");
        var flags = await _channel.UInt16Async(ct);
        var type = await _channel.UInt16Async(ct);
        await ExpectCookieAsync(ct);
        var length = await _channel.UInt32Async(ct);
        if ((type & ChunkErrorBit) == 0)
            return new Chunk(type, (flags & ChunkDone) != 0, length);
        var payload = await _channel.BytesAsync(length, 64 * 1024, ct);
        var text = payload.Length >= 6 ? Encoding.UTF8.GetString(payload.AsSpan(6, Math.Min(BinaryPrimitives.ReadUInt16BigEndian(payload.AsSpan(4)), payload.Length - 6))) : "";
        throw new NbdException($"The NBD server could not read: error {(payload.Length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(payload) : 0)} {text}".TrimEnd());
    }

    private async Task ExpectCookieAsync(CancellationToken ct)
    {
        if (await _channel.UInt64Async(ct) != _cookie)
            throw new NbdException("The NBD server answered another request than was made.");
    }

    private static Memory<byte> Within(Memory<byte> buffer, long start, long offset, uint length)
    {
        var at = offset - start;
        return at >= 0 && at + length <= buffer.Length ? buffer.Slice((int)at, (int)length)
            : throw new NbdException("The NBD server answered a range that was not asked for.");
    }
}
