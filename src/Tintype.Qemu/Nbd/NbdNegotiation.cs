using System.Buffers.Binary;
using System.Text;
using static Tintype.Qemu.Nbd.NbdProtocol;

namespace Tintype.Qemu.Nbd;

/// <summary>
/// The server's part of the negotiation. Every option is answered, also those that it does not know; a client that asks on and on, or for
/// things of absurd length, is left.
/// </summary>
internal sealed class NbdNegotiation(NbdChannel channel, IReadOnlyList<string> names, INbdExports exports)
{
    /// <summary>The one metadata context that there is.</summary>
    public const uint AllocationId = 1;

    // The longest that makes sense is a name, and a handful of contexts.
    private const uint LongestOption = 2 * LongestString;
    private const uint LongestSkipped = 64 * 1024;
    private const int MaximumOptions = 64;

    private const uint PreferredBlock = 64 * 1024;

    private const ushort ExportFlags = HasFlags | IsReadOnly | TakesFlush | TakesCache | IsTheSameOverAllConnections;

    private bool _structured;
    private bool _noZeroes;
    private string? _allocationOf;

    /// <returns>What follows; null if the client wants nothing more.</returns>
    /// <exception cref="NbdException">It does not speak the protocol.</exception>
    public async Task<NbdSession?> RunAsync(CancellationToken ct)
    {
        var greeting = new byte[18];
        BinaryPrimitives.WriteUInt64BigEndian(greeting, ServerMagic);
        BinaryPrimitives.WriteUInt64BigEndian(greeting.AsSpan(8), OptionMagic);
        BinaryPrimitives.WriteUInt16BigEndian(greeting.AsSpan(16), FixedNewstyle | NoZeroes);
        await channel.SendAsync(greeting, ct);
        var flags = await channel.UInt32Async(ct);
        if ((flags & ~(uint)(FixedNewstyle | NoZeroes)) != 0 || (flags & FixedNewstyle) == 0)
            throw new NbdException($"The NBD client's flags {flags} are not those of the fixed newstyle.");
        _noZeroes = (flags & NoZeroes) != 0;

        for (var asked = 0; asked < MaximumOptions; asked++)
        {
            if (await channel.UInt64Async(ct) != OptionMagic)
                throw new NbdException("The NBD client sent something else than an option.");
            var option = await channel.UInt32Async(ct);
            var length = await channel.UInt32Async(ct);
            if (length > LongestOption)
            {
                await channel.BytesAsync(length, LongestSkipped, ct);
                await ReplyAsync(option, ReplyTooBig, "That is longer than anything here.", ct);
                continue;
            }

            var data = await channel.BytesAsync(length, LongestOption, ct);
            if (option == OptionAbort)
            {
                await ReplyAsync(option, ReplyAck, [], ct);
                return null;
            }

            if (await AnswerAsync(option, data, ct) is { } session)
                return session;
        }

        throw new NbdException($"The NBD client asked for {MaximumOptions} options, and still for no disk.");
    }

    private async Task<NbdSession?> AnswerAsync(uint option, byte[] data, CancellationToken ct)
    {
        switch (option)
        {
            case OptionExportName:
                return await EnterAsync(Encoding.UTF8.GetString(data), ct);
            case OptionGo or OptionInfo:
                return await DescribeAsync(option, data, ct);
            case OptionStructuredReply or OptionList when data.Length > 0:
                await ReplyAsync(option, ReplyInvalid, "This option has no data.", ct);
                return null;
            case OptionStructuredReply:
                _structured = true;
                await ReplyAsync(option, ReplyAck, [], ct);
                return null;
            case OptionList:
                await ListAsync(ct);
                return null;
            case OptionSetMetaContext or OptionListMetaContext:
                await ContextsAsync(option, data, ct);
                return null;
            default:
                await ReplyAsync(option, ReplyUnsupported, "There is no such option here.", ct);
                return null;
        }
    }

    // The oldest way in: it has no way to refuse but to hang up.
    private async Task<NbdSession> EnterAsync(string name, CancellationToken ct)
    {
        var export = await OpenAsync(name, ct) ?? throw new NbdException("The NBD client asked for an unknown export.");
        var answer = new byte[_noZeroes ? 10 : 10 + 124];
        BinaryPrimitives.WriteUInt64BigEndian(answer, (ulong)export.Length);
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(8), ExportFlags);
        await channel.SendAsync(answer, ct);
        return Session(name, export);
    }

    // Name length (4), name, number of wishes (2), wishes (2 each).
    private async Task<NbdSession?> DescribeAsync(uint option, byte[] data, CancellationToken ct)
    {
        var fields = new Fields(data);
        if (fields.String() is not { } name || fields.UInt16() is not { } wishes || fields.Left != 2 * wishes)
        {
            await ReplyAsync(option, ReplyInvalid, "The option's lengths do not fit together.", ct);
            return null;
        }

        if (await OpenAsync(name, ct) is not { } export)
        {
            await ReplyAsync(option, ReplyUnknown, "There is no such export.", ct);
            return null;
        }

        var size = new byte[12];
        BinaryPrimitives.WriteUInt16BigEndian(size, InfoExport);
        BinaryPrimitives.WriteUInt64BigEndian(size.AsSpan(2), (ulong)export.Length);
        BinaryPrimitives.WriteUInt16BigEndian(size.AsSpan(10), ExportFlags);
        await ReplyAsync(option, ReplyInfo, size, ct);
        var blocks = new byte[14];
        BinaryPrimitives.WriteUInt16BigEndian(blocks, InfoBlockSize);
        BinaryPrimitives.WriteUInt32BigEndian(blocks.AsSpan(2), 1);
        BinaryPrimitives.WriteUInt32BigEndian(blocks.AsSpan(6), PreferredBlock);
        BinaryPrimitives.WriteUInt32BigEndian(blocks.AsSpan(10), NbdTransmission.MaximumRead);
        await ReplyAsync(option, ReplyInfo, blocks, ct);
        await ReplyAsync(option, ReplyAck, [], ct);
        if (option == OptionGo)
            return Session(name, export);
        await export.DisposeAsync();
        return null;
    }

    private async Task ListAsync(CancellationToken ct)
    {
        foreach (var name in names)
            await ReplyAsync(OptionList, ReplyServer, WithLength(name), ct);
        await ReplyAsync(OptionList, ReplyAck, [], ct);
    }

    // Name length (4), name, number of queries (4), each with its length (4).
    private async Task ContextsAsync(uint option, byte[] data, CancellationToken ct)
    {
        var fields = new Fields(data);
        if (!_structured || fields.String() is not { } export || fields.UInt32() is not { } count)
        {
            await ReplyAsync(option, ReplyInvalid, "Contexts need structured replies, and lengths that fit together.", ct);
            return;
        }

        // Asked again, the last answer counts.
        if (option == OptionSetMetaContext)
            _allocationOf = null;
        if (!names.Contains(export, StringComparer.Ordinal))
        {
            await ReplyAsync(option, ReplyUnknown, "There is no such export.", ct);
            return;
        }

        // To list them, no query means all, and a name space alone those in it.
        var matches = option == OptionListMetaContext && count == 0;
        for (uint i = 0; i < count; i++)
        {
            if (fields.String() is not { } query)
            {
                await ReplyAsync(option, ReplyInvalid, "The option's lengths do not fit together.", ct);
                return;
            }

            matches |= query == AllocationContext || (option == OptionListMetaContext && query == "base:");
        }

        if (matches)
        {
            if (option == OptionSetMetaContext)
                _allocationOf = export;
            var answer = new byte[4 + AllocationContext.Length];
            BinaryPrimitives.WriteUInt32BigEndian(answer, AllocationId);
            Encoding.UTF8.GetBytes(AllocationContext, answer.AsSpan(4));
            await ReplyAsync(option, ReplyMetaContext, answer, ct);
        }

        await ReplyAsync(option, ReplyAck, [], ct);
    }

    private async Task<INbdExport?> OpenAsync(string name, CancellationToken ct) =>
        names.Contains(name, StringComparer.Ordinal) ? await exports.OpenAsync(name, ct) : null;

    private NbdSession Session(string name, INbdExport export) => new(name, exports, export, _structured, _allocationOf == name);

    private Task ReplyAsync(uint option, uint type, string text, CancellationToken ct) => ReplyAsync(option, type, Encoding.UTF8.GetBytes(text), ct);

    private async Task ReplyAsync(uint option, uint type, byte[] data, CancellationToken ct)
    {
        var reply = new byte[20 + data.Length];
        BinaryPrimitives.WriteUInt64BigEndian(reply, OptionReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(8), option);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(12), type);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(16), (uint)data.Length);
        data.CopyTo(reply, 20);
        await channel.SendAsync(reply, ct);
    }

    private static byte[] WithLength(string text)
    {
        var bytes = new byte[4 + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)bytes.Length - 4);
        Encoding.UTF8.GetBytes(text, bytes.AsSpan(4));
        return bytes;
    }

    /// <summary>Reads an option's data; null where it ends too early.</summary>
    private sealed class Fields(byte[] data)
    {
        private int _at;

        public int Left => data.Length - _at;

        public ushort? UInt16() => Take(2) is { } at ? BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(at)) : null;

        public uint? UInt32() => Take(4) is { } at ? BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(at)) : null;

        public string? String() => UInt32() is { } length && length <= LongestString && Take((int)length) is { } at
            ? Encoding.UTF8.GetString(data, at, (int)length) : null;

        private int? Take(int length)
        {
            if (Left < length)
                return null;
            _at += length;
            return _at - length;
        }
    }
}
