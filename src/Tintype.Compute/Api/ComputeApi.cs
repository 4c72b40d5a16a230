using Microsoft.AspNetCore.Http;
using Tintype.Platform.Http;
using Tintype.Protocol.Compute;

namespace Tintype.Compute.Api;

/// <summary>Where the compute API is and which of its versions are honoured.</summary>
internal static class ComputeApi
{
    public const string Root = "/compute";

    public const string Path = Root + "/v2.1";

    /// <summary>How many items an answer holds at most (Nova's <c>max_limit</c>).</summary>
    public const int PageLimit = 1000;

    /// <summary>2.92 is the newest that Debian's novaclient speaks; everything up to it that concerns what is here is honoured.</summary>
    public static MicroversionedApi Versions { get; } = new("compute", "X-OpenStack-Nova-API-Version", new(2, 1), new(2, 92));

    /// <summary>Nova's own older header beside X-Openstack-Request-Id; novaclient logs it.</summary>
    public static void WriteRequestId(HttpContext context) => context.Response.Headers["x-compute-request-id"] = RequestId.Of(context);

    /// <summary>The self link of a resource and the one without a version, as Nova gives them.</summary>
    public static Link[] LinksTo(HttpRequest request, string collection, string id) =>
    [
        new("self", PublicUrl.Of(request, $"{Path}/{collection}/{id}")),
        BookmarkTo(request, collection, id),
    ];

    public static Link BookmarkTo(HttpRequest request, string collection, string id) =>
        new("bookmark", PublicUrl.Of(request, $"{Root}/{collection}/{id}"));

    /// <summary>The link to the next page: the same query from the last item on; null when the page was not full.</summary>
    public static Link[]? NextPage(HttpRequest request, string collection, int limit, int count, string? lastId)
    {
        if (limit == 0 || count < limit || lastId is null)
            return null;
        var query = request.Query.Where(q => q.Key != "marker")
            .SelectMany(q => q.Value.Select(v => KeyValuePair.Create(q.Key, v)))
            .Append(KeyValuePair.Create<string, string?>("marker", lastId));
        return [new("next", PublicUrl.Of(request, $"{Path}/{collection}{QueryString.Create(query)}"))];
    }
}
