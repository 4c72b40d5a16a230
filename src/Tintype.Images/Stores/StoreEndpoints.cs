using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tintype.Images.Policies;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol.Images;

namespace Tintype.Images.Stores;

internal static class StoreEndpoints
{
    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/info/stores", List);
        api.MapGet("/info/stores/detail", Detail);
        api.MapDelete("/stores/{store}/{id}", DeleteAsync).RejectBody();
    }

    private static JsonHttpResult<StoreListView> List(Caller caller, ImageStores stores) =>
        Json([.. stores.Shown.Select(store => View(store, stores))]);

    /// <exception cref="Fault">403: how stores are configured is not for everybody.</exception>
    private static JsonHttpResult<StoreListView> Detail(Caller caller, ImageStores stores, ImagePolicies policies)
    {
        policies.Require(ImagePolicy.StoresInfoDetail, caller);
        return Json([.. stores.Shown.Select(store => View(store, stores) with { Type = store.Driver, Weight = store.Weight, Properties = store.Properties })]);
    }

    private static async Task<NoContent> DeleteAsync(string store, string id, Caller caller, StoreDeletion deletion, CancellationToken ct)
    {
        await deletion.DeleteAsync(store, id, caller, ct);
        return TypedResults.NoContent();
    }

    private static StoreView View(ImageStore store, ImageStores stores) =>
        new(store.Name, store.Description, store == stores.Default ? "true" : null, null, null, null) { ReadOnly = store.IsReadOnly ? "true" : null };

    private static JsonHttpResult<StoreListView> Json(IReadOnlyList<StoreView> stores) =>
        TypedResults.Json(new StoreListView(stores), ImagesJson.Default.StoreListView, "application/json");
}
