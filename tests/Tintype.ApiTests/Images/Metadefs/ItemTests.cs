using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;
using static Tintype.ApiTests.Images.Metadefs.MetadefsApi;

namespace Tintype.ApiTests.Images.Metadefs;

/// <summary>Objects, properties, tags and associations, one by one.</summary>
public sealed class ItemTests(ImagesApi api) : IClassFixture<ImagesApi>
{
    private Task<ApiAnswer> AdminAsync(string method, string path, string? body = null) => SendAsync(api.Admin, method, $"{Namespaces}/{path}", body);

    [Fact]
    public async Task An_object_is_made_changed_listed_and_deleted()
    {
        var ns = await NamespaceAsync(api);
        string View(string name, string more) => $$"""
            {"name": "{{name}}", "created_at": "TIME", "updated_at": "TIME", "self": "/v2/metadefs/namespaces/{{ns}}/objects/{{name}}",
             "schema": "/v2/schemas/metadefs/object"{{more}}}
            """;
        // What was not said is missing in the answer to who said it, and empty for who asks later.
        AssertAnswer(201, View("o", ""), await AdminAsync("POST", $"{ns}/objects", """{"name": "o"}"""));
        AssertAnswer(200, View("o", """, "required": [], "properties": {}"""), await AdminAsync("GET", $"{ns}/objects/o"));
        AssertRefused(409, $"A metadata definition object with name=o already exists in namespace={ns}.", await AdminAsync("POST", $"{ns}/objects", """{"name": "o"}"""));

        await AdminAsync("POST", $"{ns}/objects", """{"name": "other"}""");
        AssertRefused(409, $"Invalid update. It would result in a duplicate metadata definition object with the same name=other in namespace={ns}.",
            await AdminAsync("PUT", $"{ns}/objects/o", """{"name": "other"}"""));
        const string Content = """, "required": ["a", "b"], "description": "D", "properties": {"a": {"title": "A", "type": "string"}}""";
        AssertAnswer(200, View("renamed", Content), await AdminAsync("PUT", $"{ns}/objects/o", $$"""{"name": "renamed"{{Content}}}"""));
        AssertAnswer(200, View("renamed", Content), await AdminAsync("GET", $"{ns}/objects/renamed"));

        var list = $$"""{"objects": [{{View("renamed", Content)}}, {{View("other", """, "required": [], "properties": {}""")}}], "schema": "v2/schemas/metadefs/objects"}""";
        AssertAnswer(200, list, await AdminAsync("GET", $"{ns}/objects"));
        AssertAnswer(200, list, await AdminAsync("GET", $"{ns}/objects?limit=1&marker=unheard&sort_key=of"));

        foreach (var (method, body) in ((string, string?)[])[("GET", null), ("PUT", """{"name": "x"}"""), ("DELETE", null)])
            AssertRefused(404, "Could not find metadata object o", await AdminAsync(method, $"{ns}/objects/o", body));
        Assert.Equal(204, (int)(await AdminAsync("DELETE", $"{ns}/objects/renamed")).Status);
        AssertRefused(404, "Could not find metadata object renamed", await AdminAsync("GET", $"{ns}/objects/renamed"));
        AssertRefused(404, "Metadata definition namespace=nowhere was not found.", await AdminAsync("POST", "nowhere/objects", """{"name": "o"}"""));
    }

    [Fact]
    public async Task A_property_is_made_changed_listed_and_shown_by_its_name_on_a_resource()
    {
        var ns = await NamespaceAsync(api, """, "resource_type_associations": [{"name": "With", "prefix": "hw_"}, {"name": "Without"}]""");
        const string Bus = """{"name": "bus", "title": "Bus", "type": "string", "default": "größe"}""";
        AssertAnswer(201, Bus, await AdminAsync("POST", $"{ns}/properties", Bus));
        AssertRefused(409, $"A metadata definition property with name=bus already exists in namespace={ns}.", await AdminAsync("POST", $"{ns}/properties", Bus));
        AssertAnswer(200, Bus, await AdminAsync("GET", $"{ns}/properties/bus?foo=bar"));
        AssertAnswer(200, Bus, await AdminAsync("GET", $"{ns}/properties/hw_bus?resource_type=With"));
        AssertRefused(404, "Property bus does not start with the expected resource type association prefix of 'hw_'.", await AdminAsync("GET", $"{ns}/properties/bus?resource_type=With"));
        AssertRefused(404, "Property bus does not start with the expected resource type association prefix of 'None'.", await AdminAsync("GET", $"{ns}/properties/bus?resource_type=Without"));
        var type = SharedServer.Unique("Type");
        AssertRefused(404, $"The metadata definition resource-type with name={type}, was not found.", await AdminAsync("GET", $"{ns}/properties/bus?resource_type={type}"));
        await NamespaceAsync(api, $$""", "resource_type_associations": [{"name": "{{type}}"}]""");
        AssertRefused(404, $"The metadata definition resource-type association of resource-type={type} to namespace={ns}, was not found.",
            await AdminAsync("GET", $"{ns}/properties/bus?resource_type={type}"));

        const string Other = """{"name": "other", "title": "O", "type": "boolean", "default": true}""";
        await AdminAsync("POST", $"{ns}/properties", Other);
        AssertRefused(409, $"Invalid update. It would result in a duplicate metadata definition property with the same name=other in namespace={ns}.",
            await AdminAsync("PUT", $"{ns}/properties/bus", Other));
        const string Renamed = """{"name": "renamed", "title": "R", "type": "integer"}""";
        AssertAnswer(200, Renamed, await AdminAsync("PUT", $"{ns}/properties/bus", Renamed));
        AssertAnswer(200, $$"""{"properties": {"renamed": {{Renamed}}, "other": {"name": "other", "title": "O", "type": "boolean", "default": "True"} } }""",
            await AdminAsync("GET", $"{ns}/properties"));

        foreach (var (method, body) in ((string, string?)[])[("GET", null), ("PUT", Other), ("DELETE", null)])
            AssertRefused(404, "Could not find property bus", await AdminAsync(method, $"{ns}/properties/bus", body));
        Assert.Equal(204, (int)(await AdminAsync("DELETE", $"{ns}/properties/renamed")).Status);
        AssertRefused(404, "Namespace nowhere not found", await AdminAsync("GET", "nowhere/properties"));
    }

    [Fact]
    public async Task Tags_are_made_one_by_one_and_many_at_once()
    {
        var ns = await NamespaceAsync(api);
        async Task<string> ListAsync(string query = "") => string.Join(' ',
            (await AdminAsync("GET", $"{ns}/tags{query}")).Json.GetProperty("tags").EnumerateArray().Select(t => t.GetProperty("name").GetString()));
        Task<ApiAnswer> AddAllAsync(string body, string append = "") => api.Admin.SendAsync(HttpMethod.Post, $"{Namespaces}/{ns}/tags", body,
            append.Length == 0 ? [("Accept", "application/json")] : [("Accept", "application/json"), ("X-Openstack-Append", append)]);
        string Taken(string name) => $"A metadata tag with name={name} already exists in namespace={ns}. (Please note that metadata tag names are case insensitive).";

        AssertAnswer(201, """{"name": "t", "created_at": "TIME", "updated_at": "TIME"}""", await AdminAsync("POST", $"{ns}/tags/t"));
        AssertRefused(409, Taken("T"), await AdminAsync("POST", $"{ns}/tags/T"));
        AssertRefused(400, "A body is not expected with this request.", await AdminAsync("POST", $"{ns}/tags/x", "{}"));
        AssertAnswer(200, """{"name": "t", "created_at": "TIME", "updated_at": "TIME"}""", await AdminAsync("GET", $"{ns}/tags/T"));
        AssertAnswer(200, """{"name": "T", "created_at": "TIME", "updated_at": "TIME"}""", await AdminAsync("PUT", $"{ns}/tags/t", """{"name": "T"}"""));

        AssertAnswer(201, """{"tags": [{"name": "a"}, {"name": "b"}]}""", await AddAllAsync("""{"tags": [{"name": "a"}, {"name": "b"}]}"""));
        Assert.Equal("b a", await ListAsync());
        AssertAnswer(201, """{"tags": [{"name": "d"}, {"name": "c"}]}""", await AddAllAsync("""{"tags": [{"name": "d"}, {"name": "c"}]}""", "True"));
        Assert.Equal("c d b a", await ListAsync());
        AssertRefused(409, Taken("A"), await AddAllAsync("""{"tags": [{"name": "e"}, {"name": "A"}]}""", "yes"));
        AssertRefused(409, Taken("e"), await AddAllAsync("""{"tags": [{"name": "e"}, {"name": "e"}]}"""));
        AssertAnswer(201, """{"tags": []}""", await AddAllAsync("""{"tags": []}"""));
        Assert.Equal("c d b a", await ListAsync());
        AssertRefused(409, Taken("b"), await AdminAsync("PUT", $"{ns}/tags/a", """{"name": "b"}"""));

        Assert.Equal("a b", await ListAsync("?sort_key=name&sort_dir=asc&limit=2"));
        Assert.Equal("c d", await ListAsync("?sort_key=name&sort_dir=asc&limit=2&marker=b"));
        Assert.Equal("c d b a", await ListAsync("?limit=&marker="));
        Assert.Equal("", await ListAsync("?limit=0"));
        AssertRefused(404, "Could not find metadata tag nope", await AdminAsync("GET", $"{ns}/tags?marker=nope"));
        AssertRefused(400, "limit param must be positive", await AdminAsync("GET", $"{ns}/tags?limit=-1"));
        AssertRefused(400, "Sort key supplied is invalid: foo. It must be one of the following: name, created_at, updated_at, id, namespace_id.",
            await AdminAsync("GET", $"{ns}/tags?sort_key=foo"));
        AssertRefused(400, "Invalid visibility value: foo", await AdminAsync("GET", $"{ns}/tags?visibility=foo"));

        Assert.Equal(204, (int)(await AdminAsync("DELETE", $"{ns}/tags/a")).Status);
        foreach (var (method, body) in ((string, string?)[])[("GET", null), ("PUT", """{"name": "x"}"""), ("DELETE", null)])
            AssertRefused(404, "Could not find metadata tag a", await AdminAsync(method, $"{ns}/tags/a", body));
        Assert.Equal(204, (int)(await AdminAsync("DELETE", $"{ns}/tags")).Status);
        Assert.Equal("", await ListAsync());
    }

    [Fact]
    public async Task Resource_types_are_associated_and_parted()
    {
        var ns = await NamespaceAsync(api);
        const string Made = """{"name": "My::Type", "prefix": "x:", "properties_target": "image", "created_at": "TIME", "updated_at": "TIME"}""";
        AssertAnswer(201, Made, await AdminAsync("POST", $"{ns}/resource_types", """{"name": "My::Type", "prefix": "x:", "properties_target": "image"}"""));
        AssertRefused(409, $"The metadata definition resource-type association of resource-type=My::Type to namespace={ns} already exists.",
            await AdminAsync("POST", $"{ns}/resource_types", """{"name": "My::Type"}"""));
        AssertAnswer(200, $$"""{"resource_type_associations": [{{Made}}]}""", await AdminAsync("GET", $"{ns}/resource_types"));
        Assert.Equal(204, (int)(await AdminAsync("DELETE", $"{ns}/resource_types/My::Type")).Status);
        AssertRefused(404, "Failed to find resource type My::Type to delete", await AdminAsync("DELETE", $"{ns}/resource_types/My::Type"));
        Assert.Contains((await api.One.GetAsync(ResourceTypes)).Json.GetProperty("resource_types").EnumerateArray(),
            type => type.GetProperty("name").GetString() == "My::Type" && type.TryGetProperty("created_at", out _));
    }

    [Fact]
    public async Task Names_that_are_hard_to_write_in_a_path_are_found_again()
    {
        var ns = await NamespaceAsync(api);
        foreach (var name in (string[])["a/b", "sp ace", "hw:cpu", "ü", "😀", "100%", "?#&=+"])
        {
            var body = System.Text.Json.JsonSerializer.Serialize(new { name });
            Assert.Equal(201, (int)(await AdminAsync("POST", $"{ns}/objects", body)).Status);
            Assert.Equal(name, (await AdminAsync("GET", $"{ns}/objects/{Uri.EscapeDataString(name)}")).Json.GetProperty("name").GetString());
            Assert.Equal(204, (int)(await AdminAsync("DELETE", $"{ns}/objects/{Uri.EscapeDataString(name)}")).Status);
        }
    }
}
