using CliWrap;
using Tintype.Qemu.Disks;
using Tintype.Qemu.Process;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Qemu;

/// <summary>
/// The files that are opened, as root, for a confined program: a guest's user owns the directory that some of them lie in, and must
/// not have others opened in their place.
/// </summary>
public sealed class HandOverTests : IDisposable
{
    private const int Mib = 1024 * 1024;
    private const uint Uid = 1_900_000_000;

    private readonly TemporaryDirectory _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Exports => _folder.Combine("exports");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_layer_that_has_become_a_link_to_another_disk_is_not_read()
    {
        var secret = _folder.Combine("secret.raw");
        await File.WriteAllBytesAsync(secret, new byte[Mib], Ct);
        var layer = _folder.Combine("disk.raw");
        File.CreateSymbolicLink(layer, secret);

        var refused = await Assert.ThrowsAsync<DiskToolException>(() => OpenAsync(layer));

        Assert.Equal($"The disk could not be opened for reading: {layer} is not a plain file and is not opened.", refused.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Exports));
    }

    [Fact]
    public async Task A_layer_below_is_looked_at_like_the_topmost()
    {
        var bottom = _folder.Combine("base.raw");
        await File.WriteAllBytesAsync(bottom, new byte[Mib], Ct);
        File.CreateSymbolicLink(_folder.Combine("link.raw"), bottom);
        var overlay = _folder.Combine("overlay.qcow2");
        var tools = new DiskTools(Exports);
        await tools.CreateOverlayAsync(overlay, new DiskLayer(bottom, "raw"), Mib, Ct);

        var refused = await Assert.ThrowsAsync<DiskToolException>(() =>
            tools.OpenAsync([new DiskLayer(overlay, "qcow2"), new DiskLayer(_folder.Combine("link.raw"), "raw")], Uid, Ct));

        Assert.Contains($"{_folder.Combine("link.raw")} is not a plain file", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pipe_does_not_hold_the_opener()
    {
        var pipe = _folder.Combine("disk.raw");
        await Cli.Wrap("mkfifo").WithArguments([pipe]).ExecuteAsync(Ct);

        var refused = await Assert.ThrowsAsync<DiskToolException>(() => OpenAsync(pipe));

        Assert.Contains($"{pipe} is not a plain file", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_way_to_the_directory_may_lead_over_links_and_names_may_be_awkward()
    {
        Directory.CreateDirectory(_folder.Combine("real"));
        Directory.CreateSymbolicLink(_folder.Combine("way"), _folder.Combine("real"));
        var layer = Path.Combine(_folder.Combine("way"), "a \"$(id)\" 'b'.raw");
        await File.WriteAllBytesAsync(layer, new byte[Mib], Ct);

        await using var disk = await OpenAsync(layer);

        Assert.Equal(Mib, disk.Length);
    }

    [Fact]
    public async Task A_config_drive_that_has_become_a_link_keeps_the_guest_from_starting()
    {
        await using var guest = new TestGuest();
        await guest.MakeOverlayAsync(Ct);
        var secret = _folder.Combine("secret");
        await File.WriteAllBytesAsync(secret, new byte[Mib], Ct);
        var drive = Path.Combine(guest.Directory, "config-drive.iso");
        File.CreateSymbolicLink(drive, secret);

        var refused = await Assert.ThrowsAsync<GuestStartException>(() => guest.StartAsync(guest.Spec() with { ConfigDrive = drive }, Ct));

        Assert.Equal($"{drive} is not a plain file and is not opened.", refused.Message);
        Assert.Null(await TestGuest.Launcher.AttachAsync(guest.Directory, Ct));
    }

    private Task<IDiskReader> OpenAsync(string layer) => new DiskTools(Exports).OpenAsync([new DiskLayer(layer, "raw")], Uid, Ct);
}
