using System.Globalization;
using System.Text.Json.Nodes;
using Tintype.Qemu.Disks;

namespace Tintype.Qemu.Process;

/// <summary>
/// QEMU's arguments for a guest: a function of the specification alone. Every device is named here, none comes by default; disks
/// are chains of explicit nodes, whose topmost is called <c>disk0</c>, <c>disk1</c>, … in the order of the specification.
/// </summary>
internal sealed class QemuCommandLine
{
    // SATA and IDE controllers have fixed numbers of ports; the config drive takes the last one.
    private const int AhciPorts = 6;
    private const int IdePorts = 4;

    private readonly GuestSpec _spec;
    private readonly Func<string, int> _handOver;
    private readonly bool _pc;
    private readonly List<string> _arguments = [];
    private readonly HashSet<string> _controllers = [];

    private QemuCommandLine(GuestSpec spec, Func<string, int> handOver)
    {
        _spec = spec;
        _handOver = handOver;
        // Of the two machines only the old one has an IDE controller.
        _pc = spec.Disks.Any(d => d.Bus == DiskBus.Ide);
    }

    /// <param name="handOver">Has a file opened for reading for QEMU; returns the descriptor's number there.</param>
    public static IReadOnlyList<string> Build(GuestSpec spec, Accelerator accelerator, Func<string, int> handOver)
    {
        var line = new QemuCommandLine(spec, handOver);
        line.AddMachine(accelerator);
        line.AddChannels();
        for (var i = 0; i < spec.Disks.Count; i++)
            line.AddDisk(i, spec.Disks[i]);
        line.AddConfigDrive();
        line.AddNetwork();
        return line._arguments;
    }

    private void AddMachine(Accelerator accelerator) => Add(
    [
        "-name", $"guest=tintype-{_spec.Id}", "-uuid", _spec.Id.ToString(),
        "-machine", $"{(_pc ? "pc" : "q35")},usb=off,vmport=off,dump-guest-core=off",
        .. accelerator.Arguments,
        "-m", Text($"{_spec.MemoryMib}M"), "-smp", Text($"{_spec.Vcpus}"),
        "-nodefaults", "-no-user-config", "-display", "none", "-vga", "std", "-boot", "strict=on", "-rtc", "base=utc",
        "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        // A guest that has powered itself off or panicked stays there, paused, until its end has been seen: Tintype may not be
        // running at that moment.
        "-action", "shutdown=pause,panic=pause,reboot=reset",
        "-object", "rng-random,id=rng0,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng0",
        "-device", "pvpanic",
    ]);

    private void AddChannels()
    {
        Add("-chardev", $"socket,id=qmp,path={GuestFiles.QmpSocket},server=on,wait=off", "-mon", "chardev=qmp,mode=control");
        Add("-chardev", $"file,id=console,path={GuestFiles.ConsoleLog},append=on", "-device", "isa-serial,chardev=console");
        if (_spec.AgentChannel)
        {
            Add("-chardev", $"socket,id=agent,path={GuestFiles.AgentSocket},server=on,wait=off");
            Add("-device", "virtio-serial-pci,id=serial0", "-device", "virtserialport,bus=serial0.0,chardev=agent,name=org.qemu.guest_agent.0");
        }
    }

    private void AddDisk(int index, GuestDisk disk)
    {
        var name = Text($"disk{index}");
        if (disk.Ephemeral)
        {
            // The only way in which QEMU makes a nameless file of the disk's own size over it. It lies where TMPDIR says.
            var chain = BlockChain.Tree(disk.Layers, layer => FileName(layer, writable: false), _spec.OutagePatience).ToJsonString();
            Add("-drive", $"if=none,id={name},snapshot=on,file=json:{chain.Replace(",", ",,", StringComparison.Ordinal)}");
        }
        else
        {
            var written = disk.Layers.Where((_, depth) => disk.IsWritten(depth)).ToHashSet();
            Add("-blockdev", BlockChain.Nodes(disk.Layers, name, !disk.ReadOnly, layer => FileName(layer, written.Contains(layer)), _spec.OutagePatience));
        }

        // A store that is away, or has lost the data, is not to be the guest's trouble: it stands still, and goes on when it is back.
        var errors = disk.Layers.Any(layer => layer.IsStored) ? ",rerror=stop,werror=stop" : "";
        Add("-device", Text($"{Attach(disk.Bus, index, "hd")},drive={name},id={name}-device,bootindex={index + 1}{errors}"));
    }

    // On a bus that the guest must know, since its root lies there. Clouds' kernels may know no SATA.
    private void AddConfigDrive()
    {
        if (_spec.ConfigDrive is not { } path)
            return;
        Add("-blockdev", BlockChain.Nodes([new DiskLayer(path, "raw")], "config", writable: false, layer => FileName(layer, writable: false)));
        var bus = _spec.Disks.Count > 0 ? _spec.Disks[0].Bus : DiskBus.Virtio;
        Add("-device", $"{Attach(bus, LastPort(bus), "cd")},drive=config,id=config-device");
    }

    private void AddNetwork()
    {
        if (_spec.Nic is not { } nic)
            return;
        // Without "restrict" the guest reaches the host's loopback as 10.0.2.2.
        var forward = nic.ForwardedSshPort is { } port ? Text($",hostfwd=tcp:127.0.0.1:{port}-:22") : "";
        Add("-netdev", $"user,id=net0,restrict=on{forward}", "-device", $"{nic.Model},netdev=net0,id=net0-device,mac={nic.MacAddress},romfile=");
    }

    // The device's driver and its place, with a controller for it where the machine has none.
    private string Attach(DiskBus bus, int port, string kind)
    {
        switch (bus)
        {
            case DiskBus.Virtio:
                return "virtio-blk-pci";
            case DiskBus.VirtioScsi:
                AddController("virtio-scsi-pci,id=scsi0");
                return $"scsi-{kind},bus=scsi0.0";
            case DiskBus.LsiLogic:
                AddController("lsi53c895a,id=lsi0");
                return $"scsi-{kind},bus=lsi0.0";
            case DiskBus.Usb:
                AddController("qemu-xhci,id=usb0");
                return "usb-storage,bus=usb0.0";
            case DiskBus.Sata when _pc:
                AddController("ich9-ahci,id=ahci0");
                return Text($"ide-{kind},bus=ahci0.{port}");
            case DiskBus.Sata:
                return Text($"ide-{kind},bus=ide.{port}");
            case DiskBus.Ide:
                return Text($"ide-{kind},bus=ide.{port / 2},unit={port % 2}");
            default:
                throw new ArgumentOutOfRangeException(nameof(bus), bus, "There is no such bus.");
        }
    }

    private static int LastPort(DiskBus bus) => bus == DiskBus.Ide ? IdePorts - 1 : AhciPorts - 1;

    private void AddController(string device)
    {
        if (_controllers.Add(device))
            Add("-device", device);
    }

    // What is only read is opened before QEMU loses its rights; what is written to lies in its own directory.
    private string FileName(DiskLayer layer, bool writable)
    {
        var path = Path.GetFullPath(layer.Path, _spec.Directory);
        if (writable)
            return Path.GetRelativePath(_spec.Directory, path);
        var descriptor = _handOver(path);
        Add("-add-fd", Text($"fd={descriptor},set={descriptor}"));
        return Text($"/dev/fdset/{descriptor}");
    }

    private void Add(params IEnumerable<string> arguments) => _arguments.AddRange(arguments);

    private void Add(string option, IEnumerable<JsonObject> values)
    {
        foreach (var value in values)
            Add(option, value.ToJsonString());
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
