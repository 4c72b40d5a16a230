using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Tintype.Platform.Http;
using Tintype.Protocol.Identity;

namespace Tintype.Identity.Catalog;

/// <summary>
/// Where a client finds the services: all on this server, under the name by which the client reached it. There is no network
/// service, and clients do without.
/// </summary>
internal static class ServiceCatalog
{
    public const string Region = Platform.Region.Own;

    private static readonly string[] _interfaces = ["admin", "internal", "public"];

    private static readonly (string Type, string Name, string Path)[] _services =
    [
        ("compute", "nova", "/compute/v2.1"),
        ("identity", "keystone", "/identity/v3"),
        ("image", "glance", "/image"),
    ];

    public static IReadOnlyList<CatalogService> For(HttpRequest request) =>
    [
        .. _services.Select(service => new CatalogService(
            [.. _interfaces.Select(face => new CatalogEndpoint(IdOf($"{service.Type}/{face}"), face, Region, PublicUrl.Of(request, service.Path), Region))],
            IdOf(service.Type), service.Type, service.Name)),
    ];

    // Stable over restarts without a table of their own.
    private static string IdOf(string what) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("tintype/" + what)).AsSpan(0, 16));
}
