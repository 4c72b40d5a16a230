using Dapper;
using Tintype.Images.Policies;
using Tintype.Images.Protections;
using Tintype.Images.Records;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Listing;

/// <summary>A page of the list.</summary>
/// <param name="Next">The marker of the page after; null when this is the last.</param>
internal sealed record ImagePage(IReadOnlyList<ImageRecord> Images, Guid? Next);

/// <summary>Lists images: which of them a caller comes to see, page by page.</summary>
internal sealed class ImageListing(
    ImageRepository images, ImageRules rules, ImagePolicies policies, PropertyProtections protections, MetadataDatabase database)
{
    /// <exception cref="Fault">400: the marker is no image that the caller sees; 403: the caller may not read.</exception>
    public async Task<ImagePage> ListAsync(ImageListQuery query, Caller caller, CancellationToken ct)
    {
        policies.Require(ImagePolicy.GetImages, caller);
        var marker = query.Marker is null ? null : await MarkerAsync(query.Marker, caller, ct);
        if (query.Limit == 0)
            return new ImagePage([], null);
        var sql = new ImageListSql(query with { Filters = [.. query.Filters.Select(filter => Readable(filter, caller))] }, caller.ProjectId, policies.IsAdmin(caller), marker);
        var found = await database.ReadAsync(async db =>
            (IReadOnlyList<ImageRecord>)[.. (await db.QueryAsync<ImageRow>(sql.Text, sql.Parameters)).Select(row => row.ToRecord())], ct);
        // A full page promises another, which may turn out empty; a page that is not full is the last. What the policy drops from a
        // page leaves it shorter, but does not end the list.
        var shown = found.Where(image => policies.Allows(ImagePolicy.GetImage, caller, image)).Select(image => protections.Readable(image, caller));
        return new ImagePage([.. shown], found.Count == query.Limit ? found[^1].Id : null);
    }

    // To find by its value what one may not read would be a way to read it.
    private ImageFilter Readable(ImageFilter filter, Caller caller) =>
        filter is ImageFilter.Property property && !protections.Allows(PropertyOperation.Read, property.Name, caller) ? new ImageFilter.Never() : filter;

    private async Task<ImageRecord> MarkerAsync(string marker, Caller caller, CancellationToken ct) =>
        ImageId.Find(marker) is { } id
        && await images.FindSeenByAsync(id, caller.ProjectId, ct) is { } seen
        // Not by policy: the last image of a page may be one that the policy has dropped from it.
        && rules.IsVisible(seen.Image, caller, seen.MemberStatus is not null)
            ? seen.Image : throw Fault.BadRequest($"No image found with ID {marker}");
}
