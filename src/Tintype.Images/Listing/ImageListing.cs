using Dapper;
using Tintype.Images.Records;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Listing;

/// <summary>Lists images: which of them a caller comes to see, page by page.</summary>
internal sealed class ImageListing(ImageRepository images, MetadataDatabase database)
{
    /// <exception cref="Fault">400: the marker is no image that the caller sees; 403: the caller may not read.</exception>
    public async Task<IReadOnlyList<ImageRecord>> ListAsync(ImageListQuery query, Caller caller, CancellationToken ct)
    {
        if (!caller.IsAdmin && !caller.Has("reader"))
            throw Fault.NotAuthorized("get_images");
        var marker = query.Marker is null ? null : await MarkerAsync(query.Marker, caller, ct);
        if (query.Limit == 0)
            return [];
        var sql = new ImageListSql(query, caller.ProjectId, caller.IsAdmin, marker);
        return await database.ReadAsync(async db =>
            (IReadOnlyList<ImageRecord>)[.. (await db.QueryAsync<ImageRow>(sql.Text, sql.Parameters)).Select(row => row.ToRecord())], ct);
    }

    private async Task<ImageRecord> MarkerAsync(string marker, Caller caller, CancellationToken ct) =>
        ImageId.Find(marker) is { } id
        && await images.FindSeenByAsync(id, caller.ProjectId, ct) is { } seen
        && ImageRules.Sees(seen.Image, caller, seen.MemberStatus is not null)
            ? seen.Image : throw Fault.BadRequest($"No image found with ID {marker}");
}
