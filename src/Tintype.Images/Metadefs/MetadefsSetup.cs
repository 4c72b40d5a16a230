using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Images.Metadefs.Items;
using Tintype.Images.Metadefs.Namespaces;
using Tintype.Images.Metadefs.Objects;
using Tintype.Images.Metadefs.Properties;
using Tintype.Images.Metadefs.ResourceTypes;
using Tintype.Images.Metadefs.Schemas;
using Tintype.Images.Metadefs.Shipped;
using Tintype.Images.Metadefs.Tags;

namespace Tintype.Images.Metadefs;

/// <summary>
/// Definitions of metadata: what the properties of images, flavors and volumes are called, mean and may hold, for user interfaces to offer.
/// Nothing enforces them. A namespace has properties, objects (groups of properties) and tags, and is associated with kinds of resources.
/// </summary>
internal static class MetadefsSetup
{
    public static IServiceCollection AddMetadefs(this IServiceCollection services)
    {
        services.AddSingleton<MetadefRules>();
        services.AddSingleton<NamespaceRepository>();
        services.AddSingleton<ItemRepository>();
        services.AddSingleton<ResourceTypeRepository>();
        services.AddSingleton<NamespaceItems>();
        services.AddSingleton<MetadefNamespaces>();
        services.AddSingleton<PropertiesOnResources>();
        services.AddSingleton<ShipmentRepository>();
        services.AddHostedService<ShippedNamespaces>();
        return services;
    }

    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void MapMetadefs(this IEndpointRouteBuilder api)
    {
        var metadefs = api.MapGroup("/metadefs");
        NamespaceEndpoints.Map(metadefs);
        ObjectEndpoints.Map(metadefs);
        PropertyEndpoints.Map(metadefs);
        TagEndpoints.Map(metadefs);
        ResourceTypeEndpoints.Map(metadefs);
        MetadefSchemas.Map(api);
    }
}
