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
    public void A_name_that_no_socket_can_have_is_refused_by_a_sentence()
    {
        var refused = Assert.Throws<IOException>(() => UnixSocket.Listen("/tmp/" + new string('s', 150)));
        Assert.Contains("too long", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_to_another_socket_and_what_is_no_socket_are_not_talked_to()
    {
        var top = Directory.CreateTempSubdirectory("tt-");
        try
        {
            var other = Path.Combine(top.FullName, "other.sock");
            using var listener = UnixSocket.Listen(other);
            var link = Path.Combine(top.FullName, "qmp.sock");
            File.CreateSymbolicLink(link, other);
            var file = Path.Combine(top.FullName, "file");
            await File.WriteAllTextAsync(file, "", Ct);

            foreach (var path in new[] { link, file })
            {
                var refused = await Assert.ThrowsAsync<IOException>(() => UnixSocket.ConnectAsync(path, Ct));
                Assert.StartsWith($"Cannot connect to {path}: ", refused.Message, StringComparison.Ordinal);
            }

            Assert.False(listener.Poll(0, SelectMode.SelectRead));
            await using var direct = await UnixSocket.ConnectAsync(other, Ct);
            Assert.True(listener.Poll(0, SelectMode.SelectRead));
        }
        finally
        {
            top.Delete(recursive: true);
        }
    }
}
