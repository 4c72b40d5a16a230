using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tintype.Images.Data.Blobs;

namespace Tintype.Images.Stores;

/// <summary>Says at the start which stores have image data and are not configured any more: their images cannot be read.</summary>
internal sealed class StoreCheck(BlobRepository blobs, ImageStores stores, ILogger<StoreCheck> log) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var name in await blobs.ListStoresAsync(cancellationToken))
        {
            if (!stores.TryFind(name, out _))
                StoresLog.NotConfigured(log, name);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
