using System.Net.Sockets;
using Tintype.Qemu;
using Xunit;

namespace Tintype.Tests.Qemu;

public sealed class UnixSocketTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(200)]
    public async Task Sockets_are_reached_however_deep_they_lie(int depth)
    {
        var top = Directory.CreateTempSubdirectory("tt-");
        try
        {
            var folder = depth == 0 ? top : top.CreateSubdirectory(new string('d', depth));
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            var near = Path.Combine(top.FullName, "s");
            listener.Bind(new UnixDomainSocketEndPoint(near));
            listener.Listen();
            var path = Path.Combine(folder.FullName, "qmp.sock");
            File.Move(near, path);

            await using var stream = await UnixSocket.ConnectAsync(path, Ct);
            using var accepted = await listener.AcceptAsync(Ct);
            await stream.WriteAsync("x"u8.ToArray(), Ct);
            Assert.Equal(1, await accepted.ReceiveAsync(new byte[10], Ct));
        }
        finally
        {
            top.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_socket_that_nobody_listens_on_is_named()
    {
        var refused = await Assert.ThrowsAsync<IOException>(() => UnixSocket.ConnectAsync("/nowhere/qmp.sock", Ct));
        Assert.Contains("/nowhere/qmp.sock", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_no_socket_can_have_is_refused_by_a_sentence()
    {
        var refused = await Assert.ThrowsAsync<IOException>(() => UnixSocket.ConnectAsync("/tmp/" + new string('s', 150), Ct));
        Assert.Contains("too long", refused.Message, StringComparison.Ordinal);
    }
}
