using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Tintype.Qemu.Nbd;

namespace Tintype.Tests.Qemu.Nbd;

/// <summary>Says whatever a test wants to an NBD server, sensible or not.</summary>
internal sealed class RawNbdClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private RawNbdClient() => Channel = new NbdChannel(_socket);

    public NbdChannel Channel { get; }

    private static CancellationToken Ct => Xunit.TestContext.Current.CancellationToken;

    /// <summary>Takes the greeting, and gives its flags.</summary>
    public static async Task<RawNbdClient> ConnectAsync(string path, uint flags = 3)
    {
        var client = new RawNbdClient();
        await client._socket.ConnectAsync(new UnixDomainSocketEndPoint(path), Ct);
        Xunit.Assert.Equal(NbdProtocol.ServerMagic, await client.Channel.UInt64Async(Ct));
        Xunit.Assert.Equal(NbdProtocol.OptionMagic, await client.Channel.UInt64Async(Ct));
        Xunit.Assert.Equal(3, await client.Channel.UInt16Async(Ct));
        var word = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(word, flags);
        await client.Channel.SendAsync(word, Ct);
        return client;
    }

    public Task OptionAsync(uint option, byte[] data) => OptionAsync(option, (uint)data.Length, data);

    public async Task OptionAsync(uint option, uint length, byte[] data)
    {
        var bytes = new byte[16 + data.Length];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, NbdProtocol.OptionMagic);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(8), option);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(12), length);
        data.CopyTo(bytes, 16);
        await Channel.SendAsync(bytes, Ct);
    }

    public async Task<(uint Type, byte[] Data)> ReplyAsync(uint option)
    {
        Xunit.Assert.Equal(NbdProtocol.OptionReplyMagic, await Channel.UInt64Async(Ct));
        Xunit.Assert.Equal(option, await Channel.UInt32Async(Ct));
        var type = await Channel.UInt32Async(Ct);
        return (type, await Channel.BytesAsync(await Channel.UInt32Async(Ct), 1 << 16, Ct));
    }

    public async Task<uint> AskAsync(uint option, byte[] data)
    {
        await OptionAsync(option, data);
        return (await ReplyAsync(option)).Type;
    }

    /// <summary>Structured replies, the allocation context if wanted, and into the export.</summary>
    public async Task EnterAsync(string name, bool allocation = true)
    {
        Xunit.Assert.Equal(NbdProtocol.ReplyAck, await AskAsync(NbdProtocol.OptionStructuredReply, []));
        if (allocation)
        {
            Xunit.Assert.Equal(NbdProtocol.ReplyMetaContext, await AskAsync(NbdProtocol.OptionSetMetaContext, ContextQuery(name, NbdProtocol.AllocationContext)));
            Xunit.Assert.Equal(NbdProtocol.ReplyAck, (await ReplyAsync(NbdProtocol.OptionSetMetaContext)).Type);
        }

        await OptionAsync(NbdProtocol.OptionGo, Go(name));
        while ((await ReplyAsync(NbdProtocol.OptionGo)).Type is var type && type != NbdProtocol.ReplyAck)
            Xunit.Assert.Equal(NbdProtocol.ReplyInfo, type);
    }

    public async Task RequestAsync(ushort command, ulong offset, uint length, ulong cookie = 1, ushort flags = 0, byte[]? payload = null)
    {
        var bytes = new byte[28 + (payload?.Length ?? 0)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, NbdProtocol.RequestMagic);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), flags);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), command);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), cookie);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(16), offset);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(24), length);
        payload?.CopyTo(bytes, 28);
        await Channel.SendAsync(bytes, Ct);
    }

    public async Task<(ushort Flags, ushort Type, ulong Cookie, byte[] Payload)> ChunkAsync()
    {
        Xunit.Assert.Equal(NbdProtocol.StructuredReplyMagic, await Channel.UInt32Async(Ct));
        var flags = await Channel.UInt16Async(Ct);
        var type = await Channel.UInt16Async(Ct);
        var cookie = await Channel.UInt64Async(Ct);
        return (flags, type, cookie, await Channel.BytesAsync(await Channel.UInt32Async(Ct), 1 << 20, Ct));
    }

    /// <summary>The error of the next reply, 0 if it is none.</summary>
    public async Task<uint> ErrorAsync()
    {
        var (_, type, _, payload) = await ChunkAsync();
        return type == NbdProtocol.ChunkError ? BinaryPrimitives.ReadUInt32BigEndian(payload) : 0;
    }

    /// <summary>The server hangs up without another word.</summary>
    public async Task AssertLeftAsync()
    {
        var nothing = new byte[1];
        try
        {
            Xunit.Assert.Equal(0, await _socket.ReceiveAsync(nothing, Ct));
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            // It left while we were still talking.
        }
    }

    public static byte[] Go(string name)
    {
        var data = new byte[4 + name.Length + 2];
        BinaryPrimitives.WriteUInt32BigEndian(data, (uint)name.Length);
        Encoding.ASCII.GetBytes(name, data.AsSpan(4));
        return data;
    }

    public static byte[] ContextQuery(string name, params string[] queries)
    {
        var data = new List<byte>();
        Add(name);
        data.AddRange(BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(queries.Length)));
        foreach (var query in queries)
            Add(query);
        return [.. data];

        void Add(string text)
        {
            data.AddRange(BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(text.Length)));
            data.AddRange(Encoding.ASCII.GetBytes(text));
        }
    }

    public void Dispose() => Channel.Dispose();
}
