using CsCheck;
using Dapper;
using Tintype.Images.Listing;
using Tintype.Images.Records;
using Tintype.Images.Sharing;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Tests.Images.Data;
using Tintype.Tests.Images.Records;
using Xunit;

namespace Tintype.Tests.Images.Listing;

public sealed class ImageListingTests
{
    private static readonly Caller[] _callers =
        [Personas.Member(Personas.Owners), Personas.Reader(Personas.Offered), Personas.Member("44444444444444444444444444444444"), Personas.Admin];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_list_is_what_the_rules_say_page_by_page()
    {
        await using var room = new ImagesRoom();
        await Gen.Select(ImageWorld.Any, ImageWorld.AnyQuery.List[8, 8]).SampleAsync(async (world, queries) =>
        {
            await FillAsync(room, world);
            foreach (var query in queries)
            {
                foreach (var caller in _callers)
                    Assert.Equal(world.List(query, caller), await ListAllAsync(room, query, caller));
            }
        }, iter: 30, threads: 1);
    }

    [Fact]
    public async Task A_marker_is_an_image_that_the_caller_sees()
    {
        await using var room = new ImagesRoom();
        var image = TestImages.New() with { Visibility = ImageVisibility.Private };
        await FillAsync(room, new ImageWorld([image], []));
        var query = ImageListParser.Parse([]);

        Assert.Empty((await room.Get<ImageListing>().ListAsync(query with { Marker = image.Id.ToString() }, Personas.OwningMember, Ct)).Images);
        foreach (var marker in new[] { image.Id.ToString(), Guid.NewGuid().ToString(), "disk", "" })
        {
            var fault = await Assert.ThrowsAsync<Fault>(() => room.Get<ImageListing>().ListAsync(query with { Marker = marker }, Personas.Member(Personas.Strangers), Ct));
            Assert.Equal((FaultKind.BadRequest, $"No image found with ID {marker}"), (fault.Kind, fault.Message));
        }
    }

    [Fact]
    public async Task Whoever_may_not_read_is_403()
    {
        await using var room = new ImagesRoom();
        var fault = await Assert.ThrowsAsync<Fault>(() => room.Get<ImageListing>().ListAsync(ImageListParser.Parse([]), Personas.In(Personas.Owners, "billing"), Ct));
        Assert.Equal((FaultKind.Forbidden, "You are not authorized to complete get_images action."), (fault.Kind, fault.Message));
    }

    /// <summary>The plan of a page: an index for each branch in the list's order, so that a page costs the same among a million images.</summary>
    [Theory]
    [InlineData("", "images_by_visibility images_by_owner image_members_by_member")]
    [InlineData("os_hidden=true", "images_by_visibility images_by_owner image_members_by_member")]
    [InlineData("sort=created_at:asc", "images_by_visibility images_by_owner image_members_by_member")]
    [InlineData("visibility=community", "images_by_visibility")]
    [InlineData("visibility=private", "images_by_owner_visibility")]
    [InlineData("visibility=shared&member_status=all", "images_by_owner_visibility image_members_by_member image_members_by_member image_members_by_member")]
    [InlineData("name=disk", "images_by_name images_by_owner_name image_members_by_member")]
    [InlineData("name=disk&visibility=public", "images_by_name")]
    [InlineData("owner=o&visibility=public", "images_by_owner_visibility")]
    public Task A_page_is_a_seek(string parameters, string indexes) => AssertSeeksAsync(parameters, indexes, seesAll: false);

    [Theory]
    [InlineData("", "images_by_visibility images_by_visibility images_by_visibility images_by_owner_visibility")]
    [InlineData("sort=created_at:asc", "images_by_visibility images_by_visibility images_by_visibility images_by_owner_visibility")]
    [InlineData("visibility=all", "images_by_age")]
    [InlineData("visibility=private", "images_by_visibility")]
    [InlineData("name=disk", "images_by_name images_by_name images_by_name images_by_owner_name")]
    [InlineData("owner=o", "images_by_owner_visibility images_by_owner_visibility images_by_owner_visibility images_by_owner_visibility")]
    public Task An_administrators_page_is_a_seek(string parameters, string indexes) => AssertSeeksAsync(parameters, indexes, seesAll: true);

    private static async Task AssertSeeksAsync(string parameters, string indexes, bool seesAll)
    {
        await using var room = new ImagesRoom();
        var pairs = parameters.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')).Select(p => new KeyValuePair<string, string>(p[0], p[1]));
        var sql = new ImageListSql(ImageListParser.Parse([.. pairs]), Personas.Owners, seesAll, TestImages.New());

        var plan = await room.Database.ReadAsync(async db => (await db.QueryAsync<Step>("EXPLAIN QUERY PLAN " + sql.Text, sql.Parameters)).ToList(), Ct);

        var lookups = plan.Where(s => s.Detail.StartsWith("SEARCH", StringComparison.Ordinal) && !s.Detail.Contains("autoindex", StringComparison.Ordinal)).ToList();
        Assert.Equal(indexes, string.Join(' ', lookups.Select(s => s.Detail.Split("INDEX ")[1].Split(' ')[0])));
        // The marker is sought as well, not walked to.
        Assert.All(lookups, s => Assert.Matches(@"created_at\)?,\w*id\)?[<>]\(\?,\?\)|created_at[<>]\?", s.Detail));
        Assert.DoesNotContain(plan, s => s.Detail.StartsWith("SCAN i", StringComparison.Ordinal));
    }

    private static async Task<IReadOnlyList<Guid>> ListAllAsync(ImagesRoom room, ImageListQuery query, Caller caller)
    {
        var listed = new List<Guid>();
        while (true)
        {
            var page = await room.Get<ImageListing>().ListAsync(query, caller, Ct);
            listed.AddRange(page.Images.Select(image => image.Id));
            if (page.Next is not { } next)
                return listed;
            query = query with { Marker = next.ToString() };
        }
    }

    private static Task FillAsync(ImagesRoom room, ImageWorld world) => room.Database.WriteAsync(async scope =>
    {
        await scope.ExecuteAsync("DELETE FROM image_members");
        await scope.ExecuteAsync("DELETE FROM images");
        foreach (var image in world.Images)
            await room.Get<ImageRepository>().InsertAsync(scope, image);
        foreach (var member in world.Members)
        {
            await room.Get<MemberRepository>().InsertAsync(scope, world.Images.Single(i => i.Id == member.ImageId), member.Member);
            await room.Get<MemberRepository>().SetStatusAsync(scope, member, member.Status);
        }
    }, Ct);

    private sealed class Step
    {
        public string Detail { get; init; } = "";
    }
}
