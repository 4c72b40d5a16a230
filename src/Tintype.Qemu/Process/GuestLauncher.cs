using System.ComponentModel;
using Microsoft.Extensions.Logging;
using Tintype.Qemu.Nbd.Sockets;
using Tintype.Qemu.Qmp;

namespace Tintype.Qemu.Process;

/// <summary>Runs each guest as a QEMU process of its own, confined, which goes on when this process ends.</summary>
/// <param name="accelerator">Asked at each start.</param>
/// <param name="sockets">Gives guests their stored layers; null where none has any.</param>
public sealed partial class GuestLauncher(Func<CancellationToken, Task<Accelerator>> accelerator, ILogger<GuestLauncher> log, IDiskSockets? sockets = null)
    : IGuestLauncher
{
    private const string Program = "qemu-system-x86_64";

    // QEMU sets itself up in a second; a host that swaps takes longer.
    private static readonly TimeSpan _setUpLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _socketPoll = TimeSpan.FromMilliseconds(20);

    public async Task<IGuestProcess> StartAsync(GuestSpec spec, CancellationToken ct)
    {
        Prepare(spec);
        if (spec.StoredLayers.Count == 0)
            return await StartAsync(spec, await accelerator(ct), ct);
        await OfferAsync(spec, ct);
        try
        {
            return await StartAsync(spec, await accelerator(ct), ct);
        }
        catch
        {
            await WithdrawAsync(spec.Directory);
            throw;
        }
    }

    public async Task<IGuestProcess?> AttachAsync(string directory, CancellationToken ct)
    {
        if (OwnedDirectory.ProcessIn(directory, Path.Combine(directory, GuestFiles.Pid)) is not { } process)
        {
            await EndHalfStartedAsync(directory);
            await WithdrawAsync(directory);
            return null;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_setUpLimit);
        try
        {
            var qmp = await QmpClient.ConnectAsync(Path.Combine(directory, GuestFiles.QmpSocket), limit.Token);
            return new GuestProcess(directory, process, qmp, child: null, log, WithdrawAsync);
        }
        catch (Exception failed) when (failed is IOException || (failed is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // It ended just now, or it cannot be spoken to: of no use to anybody, and it holds the disk.
            LogMute(log, failed, process.Pid, directory);
            await EndAsync(process);
            process.Dispose();
            await WithdrawAsync(directory);
            return null;
        }
    }

    internal async Task<IGuestProcess> StartAsync(GuestSpec spec, Accelerator chosen, CancellationToken ct)
    {
        var child = Launch(spec, chosen);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(_setUpLimit);
            var qmp = await ConnectAsync(spec.Directory, child.Process, limit.Token);
            LogStarted(log, spec.Id, child.Process.Pid, chosen.Name);
            return new GuestProcess(spec.Directory, child.Process, qmp, child, log, WithdrawAsync);
        }
        catch (Exception failed)
        {
            using (child)
            {
                await EndAsync(child.Process);
                if (failed is OperationCanceledException && ct.IsCancellationRequested)
                    throw;
                var said = await child.SaidAsync();
                throw new GuestStartException(said.Length > 0 ? said : $"QEMU did not get ready within {_setUpLimit.TotalSeconds:0} s.", failed);
            }
        }
    }

    // The directory and the layers that are written to belong to the guest's user; what an earlier QEMU left is in the way.
    private static void Prepare(GuestSpec spec)
    {
        OwnedDirectory.Create(spec.Directory, spec.IsolationUid);
        foreach (var layer in spec.Disks.SelectMany(disk => disk.Layers.Where((_, depth) => disk.IsWritten(depth))))
            OwnedDirectory.Give(Path.GetFullPath(layer.Path, spec.Directory), spec.IsolationUid);
        // Appended to over all starts; in a data directory that was copied or restored it is the copier's.
        if (Path.Combine(spec.Directory, GuestFiles.ConsoleLog) is var console && File.Exists(console))
            OwnedDirectory.Give(console, spec.IsolationUid);
        foreach (var name in (string[])[GuestFiles.Pid, GuestFiles.QmpSocket, GuestFiles.AgentSocket, GuestFiles.QemuLog])
            File.Delete(Path.Combine(spec.Directory, name));
    }

    private async Task OfferAsync(GuestSpec spec, CancellationToken ct)
    {
        if (sockets is null)
            throw new GuestStartException("Its disk lies in a store, and there is nobody to give it.");
        try
        {
            await sockets.OfferAsync(spec.Directory, spec.IsolationUid, spec.StoredLayers, ct);
        }
        catch (IOException failed)
        {
            throw new GuestStartException($"Its disk lies in a store, and could not be offered to it. {failed.Message}", failed);
        }
    }

    private Task WithdrawAsync(string directory) => sockets?.WithdrawAsync(directory) ?? Task.CompletedTask;

    private static QemuChild Launch(GuestSpec spec, Accelerator chosen)
    {
        var confinement = new Confinement(spec.Directory, spec.IsolationUid, GuestFiles.QemuLog, chosen.DeviceGroup);
        try
        {
            return new QemuChild(confinement.Start(Program, QemuCommandLine.Build(spec, chosen, confinement.HandOver)), confinement);
        }
        catch (Win32Exception missing)
        {
            throw new GuestStartException($"{missing.Message}; guests need Debian's util-linux and qemu-system-x86.", missing);
        }
    }

    // QEMU makes its socket while it sets itself up, and greets on it once it is ready. It does not tell when: until then there is
    // no socket, or nobody who accepts.
    private static async Task<QmpClient> ConnectAsync(string directory, ProcessHandle process, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return await QmpClient.ConnectAsync(Path.Combine(directory, GuestFiles.QmpSocket), ct);
            }
            catch (IOException) when (!process.HasEnded)
            {
                await Task.Delay(_socketPoll, ct);
            }
        }
    }

    // A QEMU whose starter died before it had written its pid file is known to nobody, and holds the disk.
    private async Task EndHalfStartedAsync(string directory)
    {
        foreach (var process in OwnedDirectory.ProcessesIn(directory))
        {
            using (process)
            {
                LogHalfStarted(log, process.Pid, directory);
                await EndAsync(process);
            }
        }
    }

    private static async Task EndAsync(ProcessHandle process)
    {
        process.Kill();
        await process.WaitForEndAsync(CancellationToken.None);
    }

    [LoggerMessage(1, LogLevel.Information, "Guest {GuestId} runs as process {Pid} ({Accelerator})")]
    private static partial void LogStarted(ILogger log, Guid guestId, int pid, string accelerator);

    [LoggerMessage(2, LogLevel.Warning, "Process {Pid} in {Directory} does not answer on its QMP socket and is ended")]
    private static partial void LogMute(ILogger log, Exception reason, int pid, string directory);

    [LoggerMessage(3, LogLevel.Warning, "Process {Pid} in {Directory} was being started when its starter ended; it is ended too")]
    private static partial void LogHalfStarted(ILogger log, int pid, string directory);
}
