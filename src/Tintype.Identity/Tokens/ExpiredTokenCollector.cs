using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Tintype.Identity.Tokens;

/// <summary>Removes what has expired, so that the table holds only tokens of the last lifetime. Expired ones are refused with or without it.</summary>
internal sealed class ExpiredTokenCollector(TokenRepository tokens, TimeProvider time, ILogger<ExpiredTokenCollector> log) : BackgroundService
{
    private static readonly TimeSpan _interval = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, time);
        try
        {
            do
            {
                if (await tokens.CollectExpiredAsync(stoppingToken) is var count and > 0)
                    IdentityLog.ExpiredRemoved(log, count);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Shutting down; the next start goes on.
        }
    }
}
