using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Tintype.Images.Uploads;

/// <summary>Tells the sweep that an image has gone, and its upload with it perhaps.</summary>
internal sealed class UploadSweepSignal
{
    // One waiting signal says as much as ten.
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Wake() => _signals.Writer.TryWrite(true);

    internal ChannelReader<bool> Signals => _signals.Reader;
}

/// <summary>Removes uploads that have ended without anybody saying so: at start-up, when images are deleted, and now and then.</summary>
internal sealed class UploadSweep(
    UploadRemoval removal, UploadSweepSignal signal, IOptions<UploadOptions> options, TimeProvider time, ILogger<UploadSweep> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.SweepInterval, time);
        var tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
        var wake = signal.Signals.WaitToReadAsync(stoppingToken).AsTask();
        while (!stoppingToken.IsCancellationRequested)
        {
            await TrySweepAsync(stoppingToken);
            await Task.WhenAny(tick, wake);
            if (tick.IsCompleted)
                tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
            if (!wake.IsCompleted)
                continue;
            signal.Signals.TryRead(out _);
            wake = signal.Signals.WaitToReadAsync(stoppingToken).AsTask();
        }
    }

    private async Task TrySweepAsync(CancellationToken ct)
    {
        try
        {
            await removal.SweepAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // What is not removed now is found at the next start.
        }
#pragma warning disable CA1031 // What stays a while longer must not end the server.
        catch (Exception failed)
#pragma warning restore CA1031
        {
            UploadLog.SweepFailed(log, failed, options.Value.SweepInterval);
        }
    }
}
