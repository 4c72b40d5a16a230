using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tintype.Images.Records;

namespace Tintype.Snapshots.Verification;

/// <summary>Removes the evidence of images that are gone: at start-up, and whenever a new verification is asked for.</summary>
internal sealed class EvidenceSweep(VerificationRepository verifications, EvidenceFolder evidence, IImageCatalog images, ILogger<EvidenceSweep> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => SweepAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task SweepAsync(CancellationToken ct)
    {
        foreach (var imageId in (await verifications.ListImagesAsync(ct)).Union(evidence.List()))
        {
            // A running one ends by itself, and finds out.
            if (await verifications.FindAsync(imageId, ct) is { Verdict: Verdict.Running } || await images.FindAsync(imageId, ct) is not null)
                continue;
            evidence.Remove(imageId);
            await verifications.DeleteAsync(imageId, ct);
            VerificationLog.Swept(log, imageId);
        }
    }
}
