using Microsoft.Extensions.Hosting;

namespace Tintype.Images.Quotas;

/// <summary>What a crash left reserved is free again before anybody can ask: nothing that was on its way comes any more, but for uploads that can go on.</summary>
internal sealed class QuotaRecovery(QuotaRepository reservations) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => reservations.ClearAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
