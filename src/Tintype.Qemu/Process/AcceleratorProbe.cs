using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using CliWrap;
using CliWrap.Buffered;
using Microsoft.Extensions.Logging;

namespace Tintype.Qemu.Process;

/// <summary>
/// Whether guests get KVM: only when one has been booted with it, since a device that opens and even makes machines may still be
/// unable to run a kernel (inside many virtual machines). What was found out is remembered for as long as kernel, processor, QEMU
/// and the device's permissions stay the same.
/// </summary>
/// <param name="directory">Where the answer is kept, and the trial guest while it runs.</param>
/// <param name="trialImage">A qcow2 image that shows a login prompt on its serial port; without one KVM is not tried, and not used.</param>
public sealed partial class AcceleratorProbe(string directory, string? trialImage, ILogger<AcceleratorProbe> log, ILogger<GuestLauncher> launcherLog)
    : IDisposable
{
    private const string Device = "/dev/kvm";
    private const string AnswerFile = "accelerator.json";

    // Below those that guests get, which are handed out by others.
    private const uint TrialUid = 1_899_999_999;

    // With KVM that works the trial guest takes three.
    private static readonly TimeSpan _trialLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _consolePoll = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _once = new(1);
    private Accelerator? _chosen;

    /// <summary>
    /// Answers at once where there is no /dev/kvm, or where the answer is remembered; otherwise once a trial guest has booted or
    /// has had time enough to.
    /// </summary>
    public async Task<Accelerator> ChooseAsync(CancellationToken ct)
    {
        await _once.WaitAsync(ct);
        try
        {
            return _chosen ??= await FindOutAsync(ct);
        }
        finally
        {
            _once.Release();
        }
    }

    public void Dispose() => _once.Dispose();

    private async Task<Accelerator> FindOutAsync(CancellationToken ct)
    {
        if (!File.Exists(Device))
            return Accelerator.Tcg;
        var permissions = await SayAsync("stat", ["-c", "%g %a", Device], ct);
        if (!TryKvm(permissions, out var kvm))
        {
            LogForbidden(log, Device);
            return Accelerator.Tcg;
        }

        var host = await DescribeHostAsync(permissions, ct);
        if (Remembered(host) is { } works)
            return works ? kvm : Accelerator.Tcg;
        if (trialImage is null || !File.Exists(trialImage))
        {
            LogUntried(log);
            return Accelerator.Tcg;
        }

        works = await BootsAsync(kvm, new DiskLayer(Target(trialImage), "qcow2"), ct);
        Remember(new Finding(host, works));
        return works ? kvm : Accelerator.Tcg;
    }

    // "104 660": the group, and the mode. As root, guests are other users, who have the group given to them, never root's.
    private static bool TryKvm(string permissions, out Accelerator kvm)
    {
        kvm = Accelerator.Kvm(null);
        if (!Environment.IsPrivilegedProcess)
            return MayOpen();
        var parts = permissions.Split(' ');
        if (parts.Length != 2 || !uint.TryParse(parts[0], CultureInfo.InvariantCulture, out var group))
            return false;
        var mode = Convert.ToInt32(parts[1], 8);
        if ((mode & 6) == 6)
            return true;
        kvm = Accelerator.Kvm(group);
        return group != 0 && (mode & 0x30) == 0x30;
    }

    // The operator may give a link; what is handed to a guest may not be one.
    private static string Target(string image) => File.ResolveLinkTarget(image, returnFinalTarget: true)?.FullName ?? image;

    private static bool MayOpen()
    {
        try
        {
            using var device = File.OpenHandle(Device, FileMode.Open, FileAccess.ReadWrite);
            return true;
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException)
        {
            return false;
        }
    }

    private static async Task<string> DescribeHostAsync(string permissions, CancellationToken ct)
    {
        var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) ?? "";
        var kernel = (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease", ct)).Trim();
        var qemu = (await SayAsync("qemu-system-x86_64", ["--version"], ct)).Split('\n')[0];
        return $"{kernel}; {processor}; {qemu}; {Device} {permissions}; root: {Environment.IsPrivilegedProcess}";
    }

    private static async Task<string> SayAsync(string program, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        try
        {
            return (await Cli.Wrap(program).WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(ct)).StandardOutput.Trim();
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new GuestStartException($"{program} is not installed; guests need Debian's qemu-system-x86 and coreutils.", missing);
        }
    }

    private async Task<bool> BootsAsync(Accelerator kvm, DiskLayer image, CancellationToken ct)
    {
        var home = Path.Combine(directory, "trial");
        var launcher = new GuestLauncher(_ => Task.FromResult(kvm), launcherLog);
        var left = await launcher.AttachAsync(home, ct);
        if (left is not null)
            await EndAsync(left);
        if (Directory.Exists(home))
            Directory.Delete(home, recursive: true);
        LogTrying(log);
        var why = "";
        try
        {
            var guest = await launcher.StartAsync(new GuestSpec(Guid.NewGuid(), "trial", home, MemoryMib: 256, Vcpus: 1,
                [new GuestDisk([image], DiskBus.Virtio, Ephemeral: true)], Nic: null, ConfigDrive: null, AgentChannel: false, TrialUid), ct);
            try
            {
                why = await WhyNotBootedAsync(guest, ct);
            }
            finally
            {
                await EndAsync(guest);
            }
        }
        catch (GuestStartException refused)
        {
            why = refused.Message;
        }

        if (Directory.Exists(home))
            Directory.Delete(home, recursive: true);
        if (why.Length == 0)
            LogWorks(log);
        else
            LogFails(log, why);
        return why.Length == 0;
    }

    private static async Task<string> WhyNotBootedAsync(IGuestProcess guest, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_trialLimit);
        try
        {
            while (!guest.Exited.IsCompleted)
            {
                if (await HasPromptAsync(guest, limit.Token))
                    return "";
                await Task.Delay(_consolePoll, limit.Token);
            }

            return (await guest.Exited).Reason ?? "The trial guest ended.";
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return $"The trial guest had not booted after {_trialLimit.TotalSeconds:0} s.";
        }
    }

    private static async Task<bool> HasPromptAsync(IGuestProcess guest, CancellationToken ct)
    {
        await using var console = OwnedDirectory.TryOpen(Path.Combine(guest.Directory, GuestFiles.ConsoleLog));
        if (console is null)
            return false;
        using var reader = new StreamReader(console);
        return (await reader.ReadToEndAsync(ct)).Contains("login:", StringComparison.Ordinal);
    }

    private static async Task EndAsync(IGuestProcess guest)
    {
        await using (guest)
            await guest.KillAsync(CancellationToken.None);
    }

    private bool? Remembered(string host)
    {
        var file = Path.Combine(directory, AnswerFile);
        if (!File.Exists(file))
            return null;
        try
        {
            var finding = JsonSerializer.Deserialize(File.ReadAllText(file), AcceleratorJson.Default.Finding);
            return finding?.Host == host ? finding.KvmWorks : null;
        }
        catch (JsonException)
        {
            return null; // Half-written: found out again.
        }
    }

    private void Remember(Finding finding)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, AnswerFile), JsonSerializer.Serialize(finding, AcceleratorJson.Default.Finding));
    }

    internal sealed record Finding(string Host, bool KvmWorks);

    [LoggerMessage(1, LogLevel.Information, "/dev/kvm is there; a trial guest shows whether it works")]
    private static partial void LogTrying(ILogger log);

    [LoggerMessage(2, LogLevel.Information, "KVM works; guests use it")]
    private static partial void LogWorks(ILogger log);

    [LoggerMessage(3, LogLevel.Warning, "KVM does not work on this host; guests run without it, slower. {Reason}")]
    private static partial void LogFails(ILogger log, string reason);

    [LoggerMessage(4, LogLevel.Warning, "{Device} may not be used by the users that guests run as; guests run without KVM, slower. Give it to a group (chgrp kvm, chmod 660)")]
    private static partial void LogForbidden(ILogger log, string device);

    [LoggerMessage(5, LogLevel.Warning, "KVM cannot be tried, since the demo guest's image is not there; guests run without it, slower")]
    private static partial void LogUntried(ILogger log);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(AcceleratorProbe.Finding))]
internal sealed partial class AcceleratorJson : JsonSerializerContext;
