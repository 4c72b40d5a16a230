using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Microsoft.Extensions.Logging;
using Tintype.Qemu.Disks;
using static Tintype.Qemu.Nbd.NbdProtocol;

namespace Tintype.Qemu.Nbd;

/// <summary>
/// Answers a client's requests, several at a time, in whatever order they are ready. A read goes out in pieces, so that memory is a piece for each of
/// the requests under way, however much they ask for; what is zeros goes out as a hole and is not read.
/// </summary>
internal sealed partial class NbdTransmission(NbdChannel channel, NbdSession session, ILogger log) : IDisposable
{
    /// <summary>The most that one request may ask for, in bytes: what clients ask for who do not listen to limits.</summary>
    public const uint MaximumRead = 32 * 1024 * 1024;

    private const int MaximumInFlight = 8;
    private const int PieceLength = 256 * 1024;

    // A client asks for the rest, and gets it.
    private const int MaximumExtents = 4096;

    // Structured: magic (4), flags (2), type (2), cookie (8), length (4). Simple: magic (4), error (4), cookie (8).
    private const int StructuredHead = 20;
    private const int SimpleHead = 16;

    private readonly SemaphoreSlim _sending = new(1);

    private readonly record struct Request(ushort Flags, ushort Command, ulong Cookie, ulong Offset, uint Length);

    /// <summary>Returns when the client says goodbye.</summary>
    /// <exception cref="IOException">It went without a word, or spoke nonsense.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var underWay = new List<Task>();
        try
        {
            while (true)
            {
                if (underWay.Count == MaximumInFlight)
                    await Task.WhenAny(underWay);
                underWay.RemoveAll(answer => answer.IsCompletedSuccessfully);
                var request = await ReceiveAsync(ending.Token);
                if (request.Command == CommandDisconnect)
                    return;
                if (request.Command == CommandWrite)
                    await SkipAsync(request.Length, ending.Token);
                underWay.Add(AnswerAsync(request, ending));
            }
        }
        catch (OperationCanceledException) when (underWay.Find(answer => answer.IsFaulted) is { } failed)
        {
            await failed;
            throw;
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(underWay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _sending.Dispose();

    private async Task<Request> ReceiveAsync(CancellationToken ct)
    {
        var magic = await channel.UInt32Async(ct);
        if (magic != RequestMagic)
            throw new NbdException($"The NBD client's request begins with {magic:x8}.");
        return new Request(await channel.UInt16Async(ct), await channel.UInt16Async(ct), await channel.UInt64Async(ct),
            await channel.UInt64Async(ct), await channel.UInt32Async(ct));
    }

    // What is refused comes all the same.
    private async Task SkipAsync(uint length, CancellationToken ct)
    {
        if (length > MaximumRead)
            throw new NbdException($"The NBD client wants to write {length} bytes at once, and may write nothing.");
        var scratch = new byte[Math.Min(length, 64 * 1024)];
        for (var left = length; left > 0; left -= (uint)Math.Min(left, scratch.Length))
            await channel.FillAsync(scratch.AsMemory(0, (int)Math.Min(left, scratch.Length)), ct);
    }

    private async Task AnswerAsync(Request request, CancellationTokenSource ending)
    {
        await Task.Yield();
        try
        {
            await AnswerAsync(request, ending.Token);
        }
        catch
        {
            // Nobody would wake the one who waits for the next request, and the client would wait for this answer for ever.
            await ending.CancelAsync();
            throw;
        }
    }

    private Task AnswerAsync(Request request, CancellationToken ct) => request.Command switch
    {
        CommandRead when IsWithin(request) && request is { Flags: 0, Length: <= MaximumRead } => DiskAsync(request, ReadAsync, ct),
        CommandBlockStatus when IsWithin(request) && session.HasAllocation && (request.Flags & ~RequestOne) == 0 => DiskAsync(request, StatusAsync, ct),
        CommandFlush => SucceedAsync(request, ct),
        CommandCache when IsWithin(request) => SucceedAsync(request, ct),
        CommandWrite or CommandTrim or CommandWriteZeroes => FailAsync(request, ErrorPermission, "The disk is read-only.", ct),
        _ => FailAsync(request, ErrorInvalid, "There is no such request, or not of this range.", ct),
    };

    private bool IsWithin(Request request) =>
        request.Length > 0 && request.Offset <= (ulong)session.Length && request.Length <= (ulong)session.Length - request.Offset;

    private async Task DiskAsync(Request request, Func<INbdExport, Request, CancellationToken, Task> answer, CancellationToken ct)
    {
        INbdExport? export = null;
        try
        {
            export = await session.RentAsync(ct);
            await answer(export, request, ct);
            session.Return(export);
        }
        catch (Exception unreadable)
        {
            // Nobody knows what has become of it.
            if (export is not null)
                await export.DisposeAsync();
            if (unreadable is not (IOException or InvalidDataException) || unreadable is NbdException)
                throw;
            LogUnreadable(log, unreadable, request.Length, request.Offset);
            await FailAsync(request, ErrorInputOutput, "The disk cannot be read there.", ct);
        }
    }

    private async Task ReadAsync(INbdExport export, Request request, CancellationToken ct)
    {
        var extents = await ExtentsAsync(export, request, int.MaxValue, ct);
        var buffer = ArrayPool<byte>.Shared.Rent(StructuredHead + 8 + PieceLength);
        try
        {
            if (session.IsStructured)
                await ReadStructuredAsync(export, request, extents, buffer, ct);
            else
                await ReadSimpleAsync(export, request, extents, buffer, ct);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task ReadStructuredAsync(INbdExport export, Request request, List<DiskExtent> extents, byte[] buffer, CancellationToken ct)
    {
        var end = (long)request.Offset + request.Length;
        foreach (var piece in extents.SelectMany(extent => extent.IsZero ? [extent] : Pieces(extent)))
        {
            var done = piece.Offset + piece.Length == end;
            BinaryPrimitives.WriteInt64BigEndian(buffer.AsSpan(StructuredHead), piece.Offset);
            if (piece.IsZero)
            {
                BinaryPrimitives.WriteUInt32BigEndian(buffer.AsSpan(StructuredHead + 8), (uint)piece.Length);
                await SendAsync(request, ChunkOffsetHole, done, buffer, 12, ct);
                continue;
            }

            await export.ReadAsync(piece.Offset, buffer.AsMemory(StructuredHead + 8, (int)piece.Length), ct);
            await SendAsync(request, ChunkOffsetData, done, buffer, 8 + (int)piece.Length, ct);
        }
    }

    // In one run, since the client finds nothing else between its bytes; and after the first of them no error can be told any more.
    private async Task ReadSimpleAsync(INbdExport export, Request request, List<DiskExtent> extents, byte[] buffer, CancellationToken ct)
    {
        var begun = false;
        await _sending.WaitAsync(ct);
        try
        {
            foreach (var piece in extents.SelectMany(Pieces))
            {
                var data = buffer.AsMemory(SimpleHead, (int)piece.Length);
                if (piece.IsZero)
                    data.Span.Clear();
                else
                    await export.ReadAsync(piece.Offset, data, ct);
                WriteSimpleHead(buffer, request, 0);
                await channel.SendAsync(begun ? data : buffer.AsMemory(0, SimpleHead + data.Length), ct);
                begun = true;
            }
        }
        catch (Exception unreadable) when (begun && unreadable is IOException or InvalidDataException)
        {
            throw new NbdException($"A read was broken off in the middle. {unreadable.Message}");
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task StatusAsync(INbdExport export, Request request, CancellationToken ct)
    {
        var extents = await ExtentsAsync(export, request, (request.Flags & RequestOne) != 0 ? 1 : MaximumExtents, ct);
        var buffer = new byte[StructuredHead + 4 + (8 * extents.Count)];
        BinaryPrimitives.WriteUInt32BigEndian(buffer.AsSpan(StructuredHead), NbdNegotiation.AllocationId);
        var at = StructuredHead + 4;
        foreach (var extent in extents)
        {
            BinaryPrimitives.WriteUInt32BigEndian(buffer.AsSpan(at), (uint)extent.Length);
            BinaryPrimitives.WriteUInt32BigEndian(buffer.AsSpan(at + 4), extent.IsZero ? StateHole | StateZero : 0);
            at += 8;
        }

        await SendAsync(request, ChunkBlockStatus, done: true, buffer, buffer.Length - StructuredHead, ct);
    }

    // Runs, no two of which are of the same kind; as many as are wanted.
    private static async Task<List<DiskExtent>> ExtentsAsync(INbdExport export, Request request, int limit, CancellationToken ct)
    {
        var runs = new List<DiskExtent>();
        await foreach (var extent in export.ExtentsAsync((long)request.Offset, request.Length, ct))
        {
            if (runs.Count > 0 && runs[^1] is var last && last.IsZero == extent.IsZero)
                runs[^1] = last with { Length = last.Length + extent.Length };
            else if (runs.Count == limit)
                break;
            else
                runs.Add(extent);
        }

        return runs;
    }

    private static IEnumerable<DiskExtent> Pieces(DiskExtent run)
    {
        for (long at = 0; at < run.Length; at += PieceLength)
            yield return run with { Offset = run.Offset + at, Length = Math.Min(PieceLength, run.Length - at) };
    }

    private Task SucceedAsync(Request request, CancellationToken ct) => session.IsStructured
        ? SendAsync(request, ChunkNone, done: true, new byte[StructuredHead], 0, ct)
        : SendSimpleAsync(request, 0, ct);

    private Task FailAsync(Request request, uint error, string message, CancellationToken ct)
    {
        if (!session.IsStructured)
            return SendSimpleAsync(request, error, ct);
        var payload = new byte[StructuredHead + 6 + message.Length];
        BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(StructuredHead), error);
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(StructuredHead + 4), (ushort)message.Length);
        Encoding.ASCII.GetBytes(message, payload.AsSpan(StructuredHead + 6));
        return SendAsync(request, ChunkError, done: true, payload, payload.Length - StructuredHead, ct);
    }

    /// <param name="buffer">Room for the head, then the payload.</param>
    private async Task SendAsync(Request request, ushort type, bool done, byte[] buffer, int length, CancellationToken ct)
    {
        BinaryPrimitives.WriteUInt32BigEndian(buffer, StructuredReplyMagic);
        BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(4), done ? ChunkDone : (ushort)0);
        BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(6), type);
        BinaryPrimitives.WriteUInt64BigEndian(buffer.AsSpan(8), request.Cookie);
        BinaryPrimitives.WriteUInt32BigEndian(buffer.AsSpan(16), (uint)length);
        await SendWholeAsync(buffer.AsMemory(0, StructuredHead + length), ct);
    }

    private Task SendSimpleAsync(Request request, uint error, CancellationToken ct)
    {
        var reply = new byte[SimpleHead];
        WriteSimpleHead(reply, request, error);
        return SendWholeAsync(reply, ct);
    }

    private static void WriteSimpleHead(byte[] buffer, Request request, uint error)
    {
        BinaryPrimitives.WriteUInt32BigEndian(buffer, SimpleReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(buffer.AsSpan(4), error);
        BinaryPrimitives.WriteUInt64BigEndian(buffer.AsSpan(8), request.Cookie);
    }

    private async Task SendWholeAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        await _sending.WaitAsync(ct);
        try
        {
            await channel.SendAsync(message, ct);
        }
        finally
        {
            _sending.Release();
        }
    }

    [LoggerMessage(1, LogLevel.Error, "{Length} bytes at {Offset} of a disk that a guest lies on cannot be read; the guest stands still until they can")]
    private static partial void LogUnreadable(ILogger log, Exception reason, uint length, ulong offset);
}
