using System.Security.Cryptography;
using CliWrap;
using CliWrap.Buffered;
using Tintype.Qemu.GuestAgent;
using Tintype.Qemu.Process;
using Xunit;

namespace Tintype.GuestTests.Qemu;

public sealed class GuestHardwareTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_config_drive_is_found_on_the_roots_bus_and_a_panic_is_a_failure()
    {
        await using var guest = new TestGuest();
        await guest.MakeOverlayAsync(Ct);
        var drive = await MakeConfigDriveAsync(guest.Directory, """{"uuid": "11111111-2222-3333-4444-555555555555", "hostname": "named.example", "admin_pass": "p\u0061ss"}""");
        await guest.StartAsync(guest.Spec(DiskBus.VirtioScsi) with { ConfigDrive = drive }, Ct);
        await guest.BootAsync(Ct);

        Assert.Equal("named\n", await guest.RunAsync("hostname", Ct));
        Assert.Equal("/dev/sda1\n", await guest.RunAsync("findfs LABEL=tintype-root", Ct));
        Assert.Equal("scripted\n", await guest.RunAsync("until [ -s /root/by-user-data ]; do usleep 100000; done; cat /root/by-user-data", Ct));
        // The flavor's disk is larger than the image: the root file system has grown into it.
        Assert.True(int.Parse(await guest.RunAsync("df -m / | awk 'NR == 2 { print $2 }'", Ct), System.Globalization.CultureInfo.InvariantCulture) > 900);

        var panic = guest.Agent.ExecuteAsync("/bin/sh", ["-c", "echo c > /proc/sysrq-trigger"], TestGuest.AnswerLimit, Ct);
        var exit = await guest.Process.Exited.WaitAsync(TestGuest.AnswerLimit, Ct);
        Assert.Equal(new GuestExit(GuestExitKind.Failed, "The guest's operating system panicked."), exit);
        await Assert.ThrowsAsync<GuestAgentException>(() => panic);
    }

    [Fact]
    public async Task An_ephemeral_guest_changes_nothing_and_leaves_nothing()
    {
        var before = await HashAsync(TestGuest.Base.Path);
        await using var guest = new TestGuest();
        await guest.StartAsync(guest.Spec(DiskBus.Ide, ephemeral: true), Ct);
        await guest.BootAsync(Ct);
        await guest.RunAsync("dd if=/dev/urandom of=/root/ballast bs=1M count=8; sync", Ct);
        Assert.Equal(8 << 20, int.Parse(await guest.RunAsync("stat -c %s /root/ballast", Ct), System.Globalization.CultureInfo.InvariantCulture));

        await guest.Process.KillAsync(Ct);

        Assert.Equal(new GuestExit(GuestExitKind.Forced, null), await guest.Process.Exited);
        Assert.Equal(before, await HashAsync(TestGuest.Base.Path));
        Assert.All(Directory.EnumerateFiles(guest.Directory), file => Assert.True(new FileInfo(file).Length < 1 << 20, file));
    }

    [Fact]
    public async Task A_guest_is_found_again_through_a_linked_and_long_path()
    {
        await using var guest = new TestGuest();
        await guest.MakeOverlayAsync(Ct);
        var link = Path.Combine(Path.GetDirectoryName(guest.Directory)!, new string('l', 150));
        Directory.CreateSymbolicLink(link, guest.Directory);
        await guest.StartAsync(guest.Spec() with { Directory = link }, Ct);
        var pid = guest.Process.Pid;
        await guest.Process.DisposeAsync();

        foreach (var path in (string[])[link, guest.Directory])
        {
            await using var found = await TestGuest.Launcher.AttachAsync(path, Ct);
            Assert.Equal(pid, found!.Pid);
        }

        await guest.ReattachAsync(Ct);
        await guest.Process.KillAsync(Ct);
    }

    private static async Task<string> MakeConfigDriveAsync(string directory, string metaData)
    {
        var files = Directory.CreateTempSubdirectory("tt-drive-");
        try
        {
            var latest = files.CreateSubdirectory("openstack/latest").FullName;
            await File.WriteAllTextAsync(Path.Combine(latest, "meta_data.json"), metaData, Ct);
            await File.WriteAllTextAsync(Path.Combine(latest, "user_data"), "#!/bin/sh\necho scripted > /root/by-user-data\n", Ct);
            var drive = Path.Combine(directory, "config-drive.iso");
            await Cli.Wrap("genisoimage").WithArguments(["-quiet", "-J", "-r", "-V", "config-2", "-o", drive, files.FullName]).ExecuteBufferedAsync(Ct);
            return drive;
        }
        finally
        {
            files.Delete(recursive: true);
        }
    }

    private static async Task<string> HashAsync(string path)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexString(await SHA256.HashDataAsync(file, Ct));
    }
}
