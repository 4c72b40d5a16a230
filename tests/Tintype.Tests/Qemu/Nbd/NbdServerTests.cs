using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Tintype.Qemu;
using Tintype.Qemu.Disks;
using Tintype.Qemu.Nbd;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.Tests.Qemu.Nbd;

public sealed class NbdServerTests : IAsyncDisposable
{
    private const int Mib = 1024 * 1024;
    private const int Seed = 20261128;

    private readonly TemporaryDirectory _folder = new();
    private readonly SparseExport _disk = new((9 * Mib) + 4096, Seed);
    private readonly NbdServer _server;

    public NbdServerTests() => _server = new NbdServer(
        UnixSocket.ListenLasting(Path, SocketType.Stream, backlog: 8), [SparseExport.Name, "gone"], _disk, NullLogger.Instance);

    private string Path => _folder.Combine("nbd.sock");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Assert.Equal(0, _disk.Open);
        _folder.Dispose();
    }

    [Fact]
    public async Task A_client_reads_what_the_disk_holds_wherever_it_asks()
    {
        await using var client = await NbdClient.ConnectAsync(Path, SparseExport.Name, Ct);
        Assert.Equal(_disk.Content.Length, client.Length);
        var random = new Random(Seed);
        for (var i = 0; i < 100; i++)
        {
            var offset = random.Next(_disk.Content.Length);
            var buffer = new byte[random.Next(1, Math.Min(3 * Mib, _disk.Content.Length - offset + 1))];
            await client.ReadAsync(offset, buffer, Ct);
            Assert.True(_disk.Content.AsSpan(offset, buffer.Length).SequenceEqual(buffer), $"round {i}: {buffer.Length} bytes at {offset}");
        }
    }

    [Fact]
    public async Task Zeros_are_told_and_sent_without_a_look_at_the_data()
    {
        await using var client = await NbdClient.ConnectAsync(Path, SparseExport.Name, Ct);
        var zeros = new List<DiskExtent>();
        long at = 0;
        await foreach (var extent in client.ExtentsAsync(Ct))
        {
            Assert.Equal(at, extent.Offset);
            at += extent.Length;
            if (extent.IsZero)
                zeros.Add(extent);
        }

        Assert.Equal(_disk.Content.Length, at);
        Assert.Equal(Enumerable.Range(0, (_disk.Content.Length + SparseExport.Cluster - 1) / SparseExport.Cluster).Where(c => _disk.IsZero(c))
            .Sum(c => Math.Min(SparseExport.Cluster, _disk.Content.Length - (c * SparseExport.Cluster))), zeros.Sum(z => z.Length));
        foreach (var extent in zeros)
        {
            var buffer = new byte[extent.Length];
            buffer.AsSpan().Fill(7);
            await client.ReadAsync(extent.Offset, buffer, Ct);
            Assert.False(buffer.AsSpan().ContainsAnyExcept((byte)0));
        }

        Assert.Equal(0, _disk.Reads);
    }

    [Fact]
    public async Task Requests_are_answered_as_they_get_ready_and_not_more_than_eight_are_taken()
    {
        var first = Enumerable.Range(0, 1000).First(c => !_disk.IsZero(c));
        var gate = new TaskCompletionSource();
        var arrived = 0;
        var eight = new TaskCompletionSource();
        _disk.BeforeRead = offset =>
        {
            if (Interlocked.Increment(ref arrived) == 8)
                eight.SetResult();
            return offset == first * SparseExport.Cluster ? gate.Task : Task.CompletedTask;
        };
        using var client = await RawNbdClient.ConnectAsync(Path);
        await client.EnterAsync(SparseExport.Name);
        for (ulong cookie = 1; cookie <= 20; cookie++)
            await client.RequestAsync(NbdProtocol.CommandRead, (ulong)(first * SparseExport.Cluster), 512, cookie);
        await eight.Task.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        Assert.Equal(8, Volatile.Read(ref arrived));
        Assert.InRange(_disk.Open, 1, 8);

        gate.SetResult();
        var answered = new HashSet<ulong>();
        for (var i = 0; i < 20; i++)
            answered.Add((await client.ChunkAsync()).Cookie);
        Assert.Equal(20, answered.Count);
    }

    [Fact]
    public async Task A_slow_read_does_not_hold_up_what_is_asked_after_it()
    {
        var (slow, fast) = (Cluster(0), Cluster(1));
        var gate = new TaskCompletionSource();
        _disk.BeforeRead = offset => offset == slow ? gate.Task : Task.CompletedTask;
        using var client = await RawNbdClient.ConnectAsync(Path);
        await client.EnterAsync(SparseExport.Name);
        await client.RequestAsync(NbdProtocol.CommandRead, (ulong)slow, 4096, cookie: 1);
        await client.RequestAsync(NbdProtocol.CommandRead, (ulong)fast, 4096, cookie: 2);

        Assert.Equal(2ul, (await client.ChunkAsync()).Cookie);
        gate.SetResult();
        Assert.Equal(1ul, (await client.ChunkAsync()).Cookie);
    }

    [Fact]
    public async Task What_cannot_be_read_is_an_error_of_that_request_alone()
    {
        var broken = Cluster(0);
        _disk.BeforeRead = offset => offset == broken ? Task.FromException(new IOException("a chunk is missing")) : Task.CompletedTask;
        using var client = await RawNbdClient.ConnectAsync(Path);
        await client.EnterAsync(SparseExport.Name);
        await client.RequestAsync(NbdProtocol.CommandRead, (ulong)broken, 4096);
        Assert.Equal(NbdProtocol.ErrorInputOutput, await client.ErrorAsync());
        await client.RequestAsync(NbdProtocol.CommandRead, (ulong)Cluster(1), 4096);
        Assert.Equal(0u, await client.ErrorAsync());
    }

    [Theory]
    [InlineData(NbdProtocol.CommandWrite, 0, 512, 0, NbdProtocol.ErrorPermission)]
    [InlineData(NbdProtocol.CommandTrim, 0, 512, 0, NbdProtocol.ErrorPermission)]
    [InlineData(NbdProtocol.CommandWriteZeroes, 0, 512, 0, NbdProtocol.ErrorPermission)]
    [InlineData(NbdProtocol.CommandRead, 0, 0, 0, NbdProtocol.ErrorInvalid)]
    [InlineData(NbdProtocol.CommandRead, 9 * Mib, 4097, 0, NbdProtocol.ErrorInvalid)]
    [InlineData(NbdProtocol.CommandRead, -1, 2, 0, NbdProtocol.ErrorInvalid)]
    [InlineData(NbdProtocol.CommandRead, 0, 512, 4, NbdProtocol.ErrorInvalid)]
    [InlineData(NbdProtocol.CommandBlockStatus, 0, uint.MaxValue, 0, NbdProtocol.ErrorInvalid)]
    [InlineData(NbdProtocol.CommandFlush, 0, 0, 0, 0)]
    [InlineData(NbdProtocol.CommandCache, 0, 512, 0, 0)]
    [InlineData(99, 0, 512, 0, NbdProtocol.ErrorInvalid)]
    public async Task A_request_that_is_not_for_reading_or_beyond_the_end_is_refused_and_the_next_one_answered(
        int command, long offset, long length, int flags, long error)
    {
        using var client = await RawNbdClient.ConnectAsync(Path);
        await client.EnterAsync(SparseExport.Name);
        await client.RequestAsync((ushort)command, unchecked((ulong)offset), (uint)length, flags: (ushort)flags,
            payload: command == NbdProtocol.CommandWrite ? new byte[length] : null);
        Assert.Equal(error, await client.ErrorAsync());
        await client.RequestAsync(NbdProtocol.CommandRead, (ulong)Cluster(0), 512);
        Assert.Equal(0u, await client.ErrorAsync());
    }

    [Fact]
    public async Task One_extent_is_told_when_one_is_asked_for_and_none_without_the_context()
    {
        using var client = await RawNbdClient.ConnectAsync(Path);
        await client.EnterAsync(SparseExport.Name);
        await client.RequestAsync(NbdProtocol.CommandBlockStatus, 0, 9 * Mib, flags: NbdProtocol.RequestOne);
        var (_, type, _, payload) = await client.ChunkAsync();
        Assert.Equal(NbdProtocol.ChunkBlockStatus, type);
        Assert.Equal(4 + 8, payload.Length);
        Assert.Equal(NbdNegotiation.AllocationId, BinaryPrimitives.ReadUInt32BigEndian(payload));

        using var other = await RawNbdClient.ConnectAsync(Path);
        await other.EnterAsync(SparseExport.Name, allocation: false);
        await other.RequestAsync(NbdProtocol.CommandBlockStatus, 0, 4096);
        Assert.Equal(NbdProtocol.ErrorInvalid, await other.ErrorAsync());
    }

    [Fact]
    public async Task The_oldest_way_in_gives_simple_replies()
    {
        using var client = await RawNbdClient.ConnectAsync(Path, flags: 1);
        await client.OptionAsync(NbdProtocol.OptionExportName, System.Text.Encoding.ASCII.GetBytes(SparseExport.Name));
        Assert.Equal((ulong)_disk.Content.Length, await client.Channel.UInt64Async(Ct));
        Assert.True((await client.Channel.UInt16Async(Ct) & NbdProtocol.IsReadOnly) != 0);
        await client.Channel.FillAsync(new byte[124], Ct);

        await client.RequestAsync(NbdProtocol.CommandRead, 1000, Mib, cookie: 5);
        Assert.Equal(NbdProtocol.SimpleReplyMagic, await client.Channel.UInt32Async(Ct));
        Assert.Equal(0u, await client.Channel.UInt32Async(Ct));
        Assert.Equal(5ul, await client.Channel.UInt64Async(Ct));
        var data = new byte[Mib];
        await client.Channel.FillAsync(data, Ct);
        Assert.True(_disk.Content.AsSpan(1000, Mib).SequenceEqual(data));
    }

    [Fact]
    public async Task Every_option_is_answered()
    {
        using var client = await RawNbdClient.ConnectAsync(Path);
        await client.OptionAsync(NbdProtocol.OptionList, []);
        foreach (var name in (string[])[SparseExport.Name, "gone"])
        {
            var (type, data) = await client.ReplyAsync(NbdProtocol.OptionList);
            Assert.Equal((NbdProtocol.ReplyServer, name), (type, System.Text.Encoding.ASCII.GetString(data, 4, data.Length - 4)));
        }

        Assert.Equal(NbdProtocol.ReplyAck, (await client.ReplyAsync(NbdProtocol.OptionList)).Type);
        const uint StartTls = 5;
        Assert.Equal(NbdProtocol.ReplyUnsupported, await client.AskAsync(StartTls, []));
        Assert.Equal(NbdProtocol.ReplyUnknown, await client.AskAsync(NbdProtocol.OptionGo, RawNbdClient.Go("another-guests-disk")));
        // Named on this socket, and gone from the store.
        Assert.Equal(NbdProtocol.ReplyUnknown, await client.AskAsync(NbdProtocol.OptionInfo, RawNbdClient.Go("gone")));
        Assert.Equal(NbdProtocol.ReplyInvalid, await client.AskAsync(NbdProtocol.OptionGo, [0, 0, 0, 99, 1]));
        Assert.Equal(NbdProtocol.ReplyInvalid, await client.AskAsync(NbdProtocol.OptionGo, [255, 255, 255, 255, 1, 0]));
        Assert.Equal(NbdProtocol.ReplyInvalid, await client.AskAsync(NbdProtocol.OptionSetMetaContext, RawNbdClient.ContextQuery(SparseExport.Name)));
        Assert.Equal(NbdProtocol.ReplyAck, await client.AskAsync(NbdProtocol.OptionStructuredReply, []));
        Assert.Equal(NbdProtocol.ReplyUnknown, await client.AskAsync(NbdProtocol.OptionSetMetaContext, RawNbdClient.ContextQuery("other", "base:allocation")));
        Assert.Equal(NbdProtocol.ReplyAck, await client.AskAsync(NbdProtocol.OptionSetMetaContext, RawNbdClient.ContextQuery(SparseExport.Name, "qemu:allocation-depth")));
        Assert.Equal(NbdProtocol.ReplyTooBig, await client.AskAsync(NbdProtocol.OptionGo, new byte[20_000]));
        Assert.Equal(NbdProtocol.ReplyAck, await client.AskAsync(NbdProtocol.OptionAbort, []));
        await client.AssertLeftAsync();
    }

    [Fact]
    public async Task A_client_that_talks_nonsense_is_left_and_others_are_served()
    {
        using (var absurd = await RawNbdClient.ConnectAsync(Path))
        {
            await absurd.OptionAsync(NbdProtocol.OptionGo, uint.MaxValue, []);
            await absurd.AssertLeftAsync();
        }

        using (var other = await RawNbdClient.ConnectAsync(Path))
        {
            await other.Channel.SendAsync(new byte[16], Ct);
            await other.AssertLeftAsync();
        }

        using (var insistent = await RawNbdClient.ConnectAsync(Path))
        {
            for (var i = 0; i < 64; i++)
                Assert.Equal(NbdProtocol.ReplyUnknown, await insistent.AskAsync(NbdProtocol.OptionGo, RawNbdClient.Go("x")));
            await insistent.AssertLeftAsync();
        }

        using (var writer = await RawNbdClient.ConnectAsync(Path))
        {
            await writer.EnterAsync(SparseExport.Name);
            await writer.RequestAsync(NbdProtocol.CommandWrite, 0, uint.MaxValue);
            await writer.AssertLeftAsync();
        }

        using (var strange = await RawNbdClient.ConnectAsync(Path))
        {
            await strange.EnterAsync(SparseExport.Name);
            await strange.Channel.SendAsync(new byte[28], Ct);
            await strange.AssertLeftAsync();
        }

        await using var client = await NbdClient.ConnectAsync(Path, SparseExport.Name, Ct);
        await client.ReadAsync(0, new byte[4096], Ct);
    }

    [Fact]
    public async Task One_socket_takes_sixteen_connections_and_another_when_one_has_gone()
    {
        var crowd = new List<RawNbdClient>();
        for (var i = 0; i < 16; i++)
            crowd.Add(await RawNbdClient.ConnectAsync(Path));
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path), Ct);
            Assert.Equal(0, await socket.ReceiveAsync(new byte[1], Ct));
        }

        Assert.Equal(NbdProtocol.ReplyAck, await crowd[0].AskAsync(NbdProtocol.OptionAbort, []));
        await crowd[0].AssertLeftAsync();
        crowd[0].Dispose();
        crowd[0] = await UntilServedAsync();
        crowd.ForEach(c => c.Dispose());
    }

    // The server notices the end of a connection a moment after its client.
    private async Task<RawNbdClient> UntilServedAsync()
    {
        while (true)
        {
            try
            {
                return await RawNbdClient.ConnectAsync(Path);
            }
            catch (NbdException)
            {
                await Task.Delay(10, Ct);
            }
        }
    }

    [Fact]
    public async Task The_name_stays_when_the_server_has_gone()
    {
        await _server.DisposeAsync();
        Assert.True(File.Exists(Path));
    }

    /// <summary>Where the n-th cluster with data begins.</summary>
    private int Cluster(int n) => Enumerable.Range(0, _disk.Content.Length / SparseExport.Cluster).Where(c => !_disk.IsZero(c)).ElementAt(n) * SparseExport.Cluster;
}
