using System.Text.Json.Nodes;
using Tintype.Qemu.Process;
using Xunit;

namespace Tintype.Tests.Qemu;

public sealed class QemuCommandLineTests
{
    private static readonly GuestSpec _spec = new(
        Guid.Parse("0c30c1eb-a328-4b6c-8a26-603370098897"), "a, name = with words", "/data/servers/1", MemoryMib: 512, Vcpus: 2,
        [new GuestDisk([new DiskLayer("/data/servers/1/disk.qcow2", "qcow2"), new DiskLayer("/data/images/ab,cd", "raw")], DiskBus.Virtio)],
        Nic: null, ConfigDrive: null, AgentChannel: false, IsolationUid: 1000);

    [Fact]
    public void A_small_guest_is_exactly_this()
    {
        var (line, files) = Build(_spec);

        Assert.Equal(["/data/images/ab,cd"], files);
        Assert.Equal(
        [
            "-name", "guest=tintype-0c30c1eb-a328-4b6c-8a26-603370098897", "-uuid", "0c30c1eb-a328-4b6c-8a26-603370098897",
            "-machine", "q35,usb=off,vmport=off,dump-guest-core=off", "-accel", "tcg,thread=multi", "-cpu", "max,la57=off",
            "-m", "512M", "-smp", "2", "-nodefaults", "-no-user-config", "-display", "none", "-vga", "std", "-boot", "strict=on", "-rtc", "base=utc",
            "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            "-action", "shutdown=pause,panic=pause,reboot=reset",
            "-object", "rng-random,id=rng0,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng0", "-device", "pvpanic",
            "-chardev", "socket,id=qmp,path=qmp.sock,server=on,wait=off", "-mon", "chardev=qmp,mode=control",
            "-chardev", "file,id=console,path=console.log,append=on", "-device", "isa-serial,chardev=console",
            "-add-fd", "fd=3,set=3",
            "-blockdev", """{"driver":"file","node-name":"disk0-1-file","filename":"/dev/fdset/3","read-only":true,"discard":"unmap"}""",
            "-blockdev", """{"driver":"raw","node-name":"disk0-1","file":"disk0-1-file","read-only":true,"discard":"unmap"}""",
            "-blockdev", """{"driver":"file","node-name":"disk0-file","filename":"disk.qcow2","read-only":false,"discard":"unmap"}""",
            "-blockdev", """{"driver":"qcow2","node-name":"disk0","file":"disk0-file","read-only":false,"discard":"unmap","backing":"disk0-1"}""",
            "-device", "virtio-blk-pci,drive=disk0,id=disk0-device,bootindex=1",
        ], line);
    }

    [Fact]
    public void A_stored_layer_is_read_through_a_cache_and_never_fails_the_guest()
    {
        var disk = new GuestDisk(
            [new DiskLayer("/data/servers/1/disk.qcow2", "qcow2"), new DiskLayer("/data/servers/1/base.qcow2", "qcow2"), new DiskLayer("a-blob", "raw", IsStored: true)],
            DiskBus.Virtio);
        var (line, files) = Build(_spec with { Disks = [disk], OutagePatience = 7 });

        Assert.Empty(files);
        Assert.Equal(
        [
            "-blockdev", """{"driver":"nbd","node-name":"disk0-2-file","server":{"type":"unix","path":"disk.sock"},"export":"a-blob","read-only":true,"reconnect-delay":7,"open-timeout":60}""",
            "-blockdev", """{"driver":"raw","node-name":"disk0-2","file":"disk0-2-file","read-only":true,"discard":"unmap"}""",
            "-blockdev", """{"driver":"file","node-name":"disk0-1-file","filename":"base.qcow2","read-only":false,"discard":"unmap"}""",
            "-blockdev", """{"driver":"qcow2","node-name":"disk0-1","file":"disk0-1-file","read-only":false,"discard":"unmap","backing":"disk0-2"}""",
            "-blockdev", """{"driver":"copy-on-read","node-name":"disk0-1-fill","file":"disk0-1"}""",
            "-blockdev", """{"driver":"file","node-name":"disk0-file","filename":"disk.qcow2","read-only":false,"discard":"unmap"}""",
            "-blockdev", """{"driver":"qcow2","node-name":"disk0","file":"disk0-file","read-only":false,"discard":"unmap","backing":"disk0-1-fill"}""",
            "-device", "virtio-blk-pci,drive=disk0,id=disk0-device,bootindex=1,rerror=stop,werror=stop",
        ], line[line.IndexOf("-blockdev")..]);
    }

    [Fact]
    public void A_stored_layer_under_a_guest_that_is_thrown_away_has_no_cache()
    {
        var (line, _) = Build(_spec with { Disks = [new GuestDisk([new DiskLayer("a-blob", "vpc", IsStored: true)], DiskBus.Virtio, Ephemeral: true)] });

        Assert.Contains("""
            if=none,id=disk0,snapshot=on,file=json:{"driver":"vpc",,"read-only":true,,"file":{"driver":"nbd",,"server":{"type":"unix",,"path":"disk.sock"},,"export":"a-blob",,"read-only":true,,"reconnect-delay":60,,"open-timeout":60}}
            """, line);
    }

    [Theory]
    [InlineData(DiskBus.Virtio, "q35", null, "virtio-blk-pci,drive=disk0,", "virtio-blk-pci,drive=config,")]
    [InlineData(DiskBus.VirtioScsi, "q35", "virtio-scsi-pci,id=scsi0", "scsi-hd,bus=scsi0.0,drive=disk0,", "scsi-cd,bus=scsi0.0,drive=config,")]
    [InlineData(DiskBus.LsiLogic, "q35", "lsi53c895a,id=lsi0", "scsi-hd,bus=lsi0.0,drive=disk0,", "scsi-cd,bus=lsi0.0,drive=config,")]
    [InlineData(DiskBus.Sata, "q35", null, "ide-hd,bus=ide.0,drive=disk0,", "ide-cd,bus=ide.5,drive=config,")]
    [InlineData(DiskBus.Ide, "pc", null, "ide-hd,bus=ide.0,unit=0,drive=disk0,", "ide-cd,bus=ide.1,unit=1,drive=config,")]
    [InlineData(DiskBus.Usb, "q35", "qemu-xhci,id=usb0", "usb-storage,bus=usb0.0,drive=disk0,", "usb-storage,bus=usb0.0,drive=config,")]
    public void The_config_drive_lies_on_the_bus_of_the_root_disk(DiskBus bus, string machine, string? controller, string disk, string config)
    {
        var (line, files) = Build(_spec with { Disks = [_spec.Disks[0] with { Bus = bus }], ConfigDrive = "config-drive.iso" });

        Assert.StartsWith(machine + ",", line[line.IndexOf("-machine") + 1], StringComparison.Ordinal);
        Assert.Contains("/data/servers/1/config-drive.iso", files);
        Assert.Single(line, a => a.StartsWith(disk, StringComparison.Ordinal));
        Assert.Single(line, a => a.StartsWith(config, StringComparison.Ordinal));
        if (controller is not null)
            Assert.True(line.IndexOf(controller) < line.FindIndex(a => a.StartsWith(disk, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_network_card_reaches_nothing_but_has_its_ssh_forwarded()
    {
        var (line, _) = Build(_spec with { Nic = new GuestNic("e1000", "52:54:00:12:34:56", 22001), AgentChannel = true });

        Assert.Contains("user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:22001-:22", line);
        Assert.Contains("e1000,netdev=net0,id=net0-device,mac=52:54:00:12:34:56,romfile=", line);
        Assert.Contains("virtserialport,bus=serial0.0,chardev=agent,name=org.qemu.guest_agent.0", line);
    }

    [Fact]
    public void An_ephemeral_disk_opens_its_layers_read_only_under_a_nameless_file()
    {
        var layers = _spec.Disks[0].Layers;
        var (line, files) = Build(_spec with { Disks = [new GuestDisk(layers, DiskBus.Ide, Ephemeral: true)] });

        Assert.Equal(["/data/images/ab,cd", "/data/servers/1/disk.qcow2"], files);
        var drive = line[line.IndexOf("-drive") + 1];
        const string Start = "if=none,id=disk0,snapshot=on,file=json:";
        Assert.StartsWith(Start, drive, StringComparison.Ordinal);
        // QEMU's option syntax doubles each comma of a value.
        var tree = JsonNode.Parse(drive[Start.Length..].Replace(",,", ",", StringComparison.Ordinal))!;
        Assert.Equal("""{"driver":"qcow2","read-only":true,"file":{"driver":"file","filename":"/dev/fdset/4","read-only":true},"backing":{"driver":"raw","read-only":true,"file":{"driver":"file","filename":"/dev/fdset/3","read-only":true}}}""", tree.ToJsonString());
        Assert.DoesNotContain("-blockdev", line);
    }

    [Fact]
    public void A_qcow2_without_a_layer_below_is_told_so()
    {
        var (line, _) = Build(_spec with { Disks = [new GuestDisk([new DiskLayer("disk.qcow2", "qcow2")], DiskBus.Virtio)] });
        Assert.Contains("""{"driver":"qcow2","node-name":"disk0","file":"disk0-file","read-only":false,"discard":"unmap","backing":null}""", line);
    }

    [Fact]
    public void Further_disks_share_a_controller_and_boot_later()
    {
        var disk = new GuestDisk([new DiskLayer("a.qcow2", "qcow2")], DiskBus.VirtioScsi);
        var (line, _) = Build(_spec with { Disks = [disk, disk with { Layers = [new DiskLayer("b.raw", "raw")], ReadOnly = true }] });

        Assert.Single(line, "virtio-scsi-pci,id=scsi0");
        Assert.Contains("scsi-hd,bus=scsi0.0,drive=disk1,id=disk1-device,bootindex=2", line);
        Assert.Contains("""{"driver":"raw","node-name":"disk1","file":"disk1-file","read-only":true,"discard":"unmap"}""", line);
    }

    private static (List<string> Line, List<string> Files) Build(GuestSpec spec)
    {
        var files = new List<string>();
        var line = QemuCommandLine.Build(spec, Accelerator.Tcg, path =>
        {
            files.Add(path);
            return 2 + files.Count;
        });
        return ([.. line], files);
    }
}
