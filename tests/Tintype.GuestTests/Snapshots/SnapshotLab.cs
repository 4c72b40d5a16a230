using System.Globalization;
using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Snapshots;

/// <summary>A server, and on it one guest that writes and syncs all the time: all tests of snapshots share them, since a boot costs seconds.</summary>
public sealed class SnapshotLab : IAsyncLifetime
{
    /// <summary>Says on the console every second or so how far it has come: a frozen guest falls silent.</summary>
    public const string Writer = """
        (n=0; while :; do n=$((n+1)); echo $n > /root/count; date > /root/f$((n % 50)); sync; [ $((n % 5)) = 0 ] && echo "WRITER-$n." > /dev/ttyS0; usleep 20000; done) &
        """;

    private readonly TemporaryDirectory _folder = new();

    public TintypeServer Server { get; private set; } = null!;

    internal Cloud Cloud { get; private set; } = null!;

    /// <summary>A raw image of the demo guest that demands quiescing.</summary>
    public string Image { get; private set; } = "";

    /// <summary>The server that writes.</summary>
    public string Instance { get; private set; } = "";

    public string InstanceDirectory => Path.Combine(Server.DataDirectory, "servers", Instance);

    public string File(string name) => _folder.Combine(name);

    public async ValueTask InitializeAsync()
    {
        Server = await TintypeServer.StartAsync(_folder.Combine("data"), "--Logging:LogLevel:Tintype=Information");
        Cloud = new Cloud(Server, "tintype");
        await Cloud.SignInAsync();
        var raw = File("demo.raw");
        await Cli.Wrap("qemu-img").WithArguments(["convert", "-f", "qcow2", "-O", "raw", Repository.DemoGuest, raw]).ExecuteAsync();
        Image = await Cloud.UploadAsync(raw, "raw", ("hw_disk_bus", "scsi"), ("hw_scsi_model", "virtio-scsi"), ("hw_qemu_guest_agent", "yes"), ("os_require_quiesce", "yes"));
        System.IO.File.Delete(raw);
        Instance = await Cloud.CreateServerAsync("writer", Image, Writer);
        await BootedAsync(Instance);
    }

    /// <summary>The guest prints this line once its agent has been started.</summary>
    internal Task BootedAsync(string server) => Cloud.UntilAsync(() => Cloud.ConsoleAsync(server), c => c.Contains("tintype-demo: boot", StringComparison.Ordinal));

    /// <summary>The guest writes on: its count goes up from where it is now. Read from the console's file, since the server may be down.</summary>
    public async Task AssertWritesOnAsync()
    {
        var now = await CountAsync();
        await Cloud.UntilAsync(CountAsync, later => later > now);
    }

    private async Task<int> CountAsync()
    {
        var console = await System.IO.File.ReadAllTextAsync(Path.Combine(InstanceDirectory, "console.log"));
        var last = Regex.Matches(console, @"WRITER-(\d+)\.").LastOrDefault();
        return last is null ? 0 : int.Parse(last.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
    }

    /// <summary>Runs a tool of e2fsprogs on the only partition of a raw disk.</summary>
    public static async Task<BufferedCommandResult> OnPartitionAsync(string tool, string raw, params string[] options) => await Cli.Wrap($"/usr/sbin/{tool}")
        .WithArguments([.. options, $"{raw}?offset={2048 * 512}"]).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync();

    public async ValueTask DisposeAsync()
    {
        Cloud.Dispose();
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}

[CollectionDefinition(Name)]
public sealed class SnapshotCollection : ICollectionFixture<SnapshotLab>
{
    public const string Name = "Snapshots";
}
