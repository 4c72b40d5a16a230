using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tintype.Identity.Tokens;
using Tintype.Platform.Http;
using Tintype.Protocol.Identity;

namespace Tintype.Identity.Domains;

/// <summary>There is one domain, and its name is in every clouds.yaml: whoever is signed in may see it.</summary>
internal static class DomainEndpoints
{
    public static void Map(IEndpointRouteBuilder v3)
    {
        v3.MapGet("/domains", ListAsync);
        v3.MapGet("/domains/{id}", ShowAsync);
        v3.MapGet("/auth/domains", ListMine);
    }

    private static async Task<JsonHttpResult<DomainList>> ListAsync(HttpRequest request, TokenHolder _, DomainRepository domains, CancellationToken ct)
    {
        var (name, enabled) = (Lists.Filter(request, "name"), Lists.Flag(request, "enabled"));
        var found = (await domains.ListAsync(ct)).Where(d => (name ?? d.Name) == d.Name && (enabled ?? d.Enabled) == d.Enabled);
        return TypedResults.Json(new DomainList([.. found.Select(d => View(request, d))], Lists.LinksOf(request)), IdentityJson.Default.DomainList);
    }

    private static async Task<JsonHttpResult<DomainDocument>> ShowAsync(HttpRequest request, string id, TokenHolder _, DomainRepository domains, CancellationToken ct)
    {
        var domain = await domains.FindAsync(id, ct) ?? throw Fault.DomainNotFound(id);
        return TypedResults.Json(new DomainDocument(View(request, domain)), IdentityJson.Default.DomainDocument);
    }

    // Nobody has a role on a domain here.
    private static JsonHttpResult<DomainList> ListMine(HttpRequest request, TokenHolder _) =>
        TypedResults.Json(new DomainList([], Lists.LinksOf(request)), IdentityJson.Default.DomainList);

    private static DomainView View(HttpRequest request, DomainRecord domain) => new(
        domain.Id, domain.Name, domain.Description, domain.Enabled, [], Lists.NoOptions, new ResourceLinks(Lists.Url(request, $"/domains/{domain.Id}")));
}
