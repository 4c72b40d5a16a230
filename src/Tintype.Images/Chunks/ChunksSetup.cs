using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Images.Chunks.Collection;
using Tintype.Images.Chunks.Scrubbing;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Chunks;

/// <summary>What tends the chunk stores: the collector and the scrub.</summary>
internal static class ChunksSetup
{
    public static IServiceCollection AddChunkCare(this IServiceCollection services)
    {
        services.AddOptions<CollectionOptions>().BindConfiguration("Images:Chunks:Collection").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<ScrubOptions>().BindConfiguration("Images:Chunks:Scrub").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ChunkStores>();
        services.AddSingleton<ChunkCareRepository>();
        services.AddSingleton<DamageRepository>();
        services.AddSingleton<DamageRepair>();
        services.AddSingleton<ChunkCollector>();
        services.AddSingleton<ChunkScrubber>();
        services.AddSingleton<ITaskHandler, CollectionTask>();
        services.AddSingleton<ITaskHandler, ScrubTask>();
        services.AddHostedService<CollectionWorker>();
        services.AddHostedService<ScrubWorker>();
        return services;
    }

    public static void MapChunkCare(this IEndpointRouteBuilder routes)
    {
        var chunks = routes.MapGroup("/tintype/v1/chunks");
        CollectionEndpoints.Map(chunks);
        ScrubEndpoints.Map(chunks);
    }

    /// <exception cref="Fault">403.</exception>
    public static void RequireAdmin(Caller caller)
    {
        if (!caller.IsAdmin)
            throw Fault.Forbidden("How chunks are stored is an administrator's matter; this needs the role admin.");
    }
}
