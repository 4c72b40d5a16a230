using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tintype.Images.Records;

namespace Tintype.Images.Data.Ingest;

/// <summary>
/// What a crash left in <c>saving</c>, or in <c>uploading</c> before all was staged, is queued again before anybody can ask: no upload outlives the server but one that is resumable. Data that a task was
/// bringing is that task's to bring again.
/// </summary>
internal sealed class IngestRecovery(ImageLifecycle lifecycle, ILogger<IngestRecovery> log) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var image in await lifecycle.ListBrokenOffAsync(cancellationToken))
        {
            await lifecycle.ReturnToQueuedAsync(image.Id, cancellationToken);
            DataLog.ReturnedToQueue(log, image.Id);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
