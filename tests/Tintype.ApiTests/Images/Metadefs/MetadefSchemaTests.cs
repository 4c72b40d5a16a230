using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Metadefs;

public sealed class MetadefSchemaTests(ImagesApi api) : IClassFixture<ImagesApi>
{
    [Theory]
    [InlineData("namespace", "namespace", "namespaces")]
    [InlineData("object", "object", "objects")]
    [InlineData("property", "property", "properties")]
    [InlineData("tag", "tag", "tags")]
    [InlineData("resource_type", "resource_type_association", "resource_type_associations")]
    public async Task Each_kind_has_a_schema_and_one_of_its_list(string path, string name, string list)
    {
        var item = (await SendAsync(api.One, "GET", $"/image/v2/schemas/metadefs/{path}")).Json;
        Assert.Equal(name, item.GetProperty("name").GetString());
        Assert.False(item.GetProperty("additionalProperties").GetBoolean());
        Assert.Contains(name == "namespace" ? "namespace" : "name", item.GetProperty("required").EnumerateArray().Select(r => r.GetString()));

        var plural = path == "property" ? "properties" : $"{path}s";
        var page = (await SendAsync(api.One, "GET", $"/image/v2/schemas/metadefs/{plural}")).Json;
        Assert.Equal(list, page.GetProperty("name").GetString());
        var items = page.GetProperty("properties").GetProperty(list);
        // Properties stand in their list under their names, which they need not say again.
        var within = path == "property" ? items.GetProperty("additionalProperties") : items.GetProperty("items");
        Assert.Equal(name, within.GetProperty("name").GetString());
        Assert.Equal(path != "property" && name != "namespace", within.GetProperty("required").EnumerateArray().Any(r => r.GetString() == "name"));
        Assert.Equal(item.TryGetProperty("definitions", out _), page.TryGetProperty("definitions", out _));
        Assert.Equal(["describedby", "first", "next"], page.GetProperty("links").EnumerateArray().Select(l => l.GetProperty("rel").GetString()).Order());
    }

    [Fact]
    public async Task A_schema_that_is_none_is_not_found() =>
        Assert.Equal(404, (int)(await SendAsync(api.One, "GET", "/image/v2/schemas/metadefs/nope")).Status);
}
