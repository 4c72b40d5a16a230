using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;
using static Tintype.ApiTests.Images.Metadefs.MetadefsApi;

namespace Tintype.ApiTests.Images.Metadefs;

public sealed class NamespaceTests(ImagesApi api) : IClassFixture<ImagesApi>
{
    private const string Contents = """
        , "visibility": "public",
        "properties": {
          "bus": {"title": "Bus", "type": "string", "description": "What it hangs on", "default": "virtio", "enum": ["virtio", "scsi"], "operators": ["<in>"],
                  "readonly": true, "minLength": 1, "maxLength": 9, "pattern": "^[a-z]+$"},
          "count": {"title": "", "type": "integer", "minimum": 0, "maximum": 9.7, "default": 4},
          "list": {"title": "List", "type": "array", "items": {"type": "string", "enum": ["a"]}, "uniqueItems": true, "minItems": 0, "maxItems": 3.0,
                   "additionalItems": true, "default": [1]}},
        "objects": [{"name": "group", "description": "Together", "required": ["size"], "properties": {"size": {"title": "Size", "type": "number"}}}, {"name": "bare"}],
        "tags": [{"name": "old"}, {"name": "new"}],
        "resource_type_associations": [{"name": "OS::Glance::Image", "prefix": "hw_"}, {"name": "OS::Cinder::Volume", "properties_target": "image"}]
        """;

    // The third property's default is no text: as with Glance it becomes none.
    private static string Properties(string prefix = "") => $$"""
        "properties": {
          "{{prefix}}bus": {"title": "Bus", "type": "string", "description": "What it hangs on", "default": "virtio", "enum": ["virtio", "scsi"], "operators": ["<in>"],
                  "readonly": true, "minLength": 1, "maxLength": 9, "pattern": "^[a-z]+$"},
          "{{prefix}}count": {"title": "", "type": "integer", "minimum": 0, "maximum": 9, "default": "4"},
          "{{prefix}}list": {"title": "List", "type": "array", "items": {"type": "string", "enum": ["a"]}, "uniqueItems": true, "minItems": 0, "maxItems": 3,
                   "additionalItems": true, "default": null} }
        """;

    [Fact]
    public async Task A_namespace_is_made_with_all_it_contains_and_shown_with_the_prefix_of_a_resource()
    {
        var owner = await AdminProjectAsync(api);
        var name = SharedServer.Unique("Full::Name");
        var made = await SendAsync(api.Admin, "POST", Namespaces, $$"""{"namespace": "{{name}}"{{Contents}}}""");
        AssertAnswer(201, View(name, owner, "public", more: $$"""
            , {{Properties()}},
            "objects": [{"name": "group", "description": "Together", "required": ["size"], "properties": {"size": {"title": "Size", "type": "number"} } }, {"name": "bare"}],
            "tags": [{"name": "old"}, {"name": "new"}],
            "resource_type_associations": [{"name": "OS::Glance::Image", "prefix": "hw_"}, {"name": "OS::Cinder::Volume", "properties_target": "image"}]
            """), made);
        Assert.EndsWith($"/image/v2/metadefs/namespaces/{name}", made.Header("Location"), StringComparison.Ordinal);

        string Shown(string prefix) => View(name, owner, "public", more: $$"""
            , {{Properties(prefix)}},
            "objects": [
              {"name": "group", "description": "Together", "required": ["{{prefix}}size"], "properties": {"{{prefix}}size": {"title": "Size", "type": "number"} },
               "created_at": "TIME", "updated_at": "TIME", "self": "/v2/metadefs/namespaces/{{name}}/objects/group", "schema": "/v2/schemas/metadefs/object"},
              {"name": "bare", "required": [], "properties": {}, "created_at": "TIME", "updated_at": "TIME",
               "self": "/v2/metadefs/namespaces/{{name}}/objects/bare", "schema": "/v2/schemas/metadefs/object"}],
            "tags": [{"name": "new"}, {"name": "old"}],
            "resource_type_associations": [
              {"name": "OS::Glance::Image", "prefix": "hw_", "created_at": "TIME", "updated_at": "TIME"},
              {"name": "OS::Cinder::Volume", "properties_target": "image", "created_at": "TIME", "updated_at": "TIME"}]
            """);
        foreach (var query in (string[])["", "?resource_type=", "?resource_type=OS::Cinder::Volume", "?resource_type=Unknown", "?foo=bar"])
            AssertAnswer(200, Shown(""), await SendAsync(api.One, "GET", $"{Namespaces}/{name}{query}"));
        AssertAnswer(200, Shown("hw_"), await SendAsync(api.One, "GET", $"{Namespaces}/{name}?resource_type=OS::Glance::Image"));

        // Gone with all it contains; the kinds of resources stay known.
        Assert.Equal(204, (int)(await SendAsync(api.Admin, "DELETE", $"{Namespaces}/{name}")).Status);
        AssertRefused(404, $"Metadata definition namespace={name} was not found.", await SendAsync(api.One, "GET", $"{Namespaces}/{name}"));
        AssertRefused(404, $"Namespace {name} not found", await SendAsync(api.Admin, "DELETE", $"{Namespaces}/{name}"));
        var types = (await api.One.GetAsync(ResourceTypes)).Json.GetProperty("resource_types").EnumerateArray().Select(t => t.GetProperty("name").GetString());
        Assert.Superset(new HashSet<string?> { "OS::Glance::Image", "OS::Cinder::Volume" }, types.ToHashSet());
    }

    [Fact]
    public async Task Nothing_is_kept_of_a_namespace_with_two_of_one_name_in_it()
    {
        var name = SharedServer.Unique("Twice");
        async Task RefusedAsync(string members, string message) =>
            AssertRefused(409, message, await SendAsync(api.Admin, "POST", Namespaces, $$"""{"namespace": "{{name}}", {{members}}}"""));

        await RefusedAsync("""
            "objects": [{"name": "a"}, {"name": "a"}]
            """, $"A metadata definition object with name=a already exists in namespace={name}.");
        await RefusedAsync("""
            "tags": [{"name": "a"}, {"name": "A"}]
            """, $"A metadata tag with name=A already exists in namespace={name}. (Please note that metadata tag names are case insensitive).");
        await RefusedAsync("""
            "resource_type_associations": [{"name": "a"}, {"name": "a"}]
            """, $"The metadata definition resource-type association of resource-type=a to namespace={name} already exists.");
        await RefusedAsync("""
            "properties": {"a": {"title": "t", "type": "string"}, "A": {"title": "t", "type": "string"}}
            """, $"A metadata definition property with name=A already exists in namespace={name}.");
        AssertRefused(404, $"Metadata definition namespace={name} was not found.", await SendAsync(api.Admin, "GET", $"{Namespaces}/{name}"));
    }

    [Fact]
    public async Task A_change_says_anew_all_that_is_said_of_a_namespace_and_leaves_what_it_contains()
    {
        var owner = await AdminProjectAsync(api);
        var name = await NamespaceAsync(api, """
            , "display_name": "D", "description": "E", "visibility": "public", "protected": true, "owner": "somebody", "tags": [{"name": "kept"}]
            """);
        var renamed = SharedServer.Unique("Renamed");
        var other = await NamespaceAsync(api);

        AssertRefused(409, $"The metadata definition namespace={other.ToUpperInvariant()} already exists.",
            await SendAsync(api.Admin, "POST", Namespaces, $$"""{"namespace": "{{other.ToUpperInvariant()}}"}"""));
        AssertRefused(409, $"Invalid update. It would result in a duplicate metadata definition namespace with the same name of {other}",
            await SendAsync(api.Admin, "PUT", $"{Namespaces}/{name}", $$"""{"namespace": "{{other}}"}"""));
        AssertAnswer(200, View(renamed, owner), await SendAsync(api.Admin, "PUT", $"{Namespaces}/{name}", $$"""{"namespace": "{{renamed}}", "tags": [{"name": "unheard"}]}"""));
        AssertAnswer(200, View(renamed, owner, more: """, "tags": [{"name": "kept"}]"""), await SendAsync(api.Admin, "GET", $"{Namespaces}/{renamed}"));
        AssertRefused(404, $"Namespace {name} not found", await SendAsync(api.Admin, "PUT", $"{Namespaces}/{name}", $$"""{"namespace": "{{name}}"}"""));
    }

    [Fact]
    public async Task A_private_namespace_is_seen_by_its_owner_alone_and_changed_by_administrators_alone()
    {
        var owned = await NamespaceAsync(api, $$"""
            , "owner": "{{api.Projects.One}}", "objects": [{"name": "o"}], "properties": {"p": {"title": "t", "type": "string"} }, "tags": [{"name": "t"}],
            "resource_type_associations": [{"name": "r"}]
            """);
        (string Method, string Path, string? Body, string Rule)[] writes =
        [
            ("PUT", "", """{"namespace": "x"}""", "modify_metadef_namespace"),
            ("DELETE", "", null, "delete_metadef_namespace"),
            ("POST", "/objects", """{"name": "x"}""", "add_metadef_object"),
            ("PUT", "/objects/o", """{"name": "x"}""", "modify_metadef_object"),
            ("DELETE", "/objects/o", null, "delete_metadef_object"),
            ("DELETE", "/objects", null, "delete_metadef_namespace"),
            ("POST", "/properties", """{"name": "x", "title": "t", "type": "string"}""", "add_metadef_property"),
            ("PUT", "/properties/p", """{"name": "x", "title": "t", "type": "string"}""", "modify_metadef_property"),
            ("DELETE", "/properties/p", null, "remove_metadef_property"),
            ("DELETE", "/properties", null, "delete_metadef_namespace"),
            ("POST", "/tags/x", null, "add_metadef_tag"),
            ("POST", "/tags", """{"tags": []}""", "add_metadef_tags"),
            ("PUT", "/tags/t", """{"name": "x"}""", "modify_metadef_tag"),
            ("DELETE", "/tags/t", null, "delete_metadef_tag"),
            ("DELETE", "/tags", null, "delete_metadef_namespace"),
            ("POST", "/resource_types", """{"name": "x"}""", "add_metadef_resource_type_association"),
            ("DELETE", "/resource_types/r", null, "remove_metadef_resource_type_association"),
        ];
        var before = (await SendAsync(api.One, "GET", $"{Namespaces}/{owned}")).Text;
        foreach (var (method, path, body, rule) in writes)
        {
            AssertRefused(403, $"You are not authorized to complete {rule} action.", await SendAsync(api.One, method, $"{Namespaces}/{owned}{path}", body));
            Assert.Equal(404, (int)(await SendAsync(api.Two, method, $"{Namespaces}/{owned}{path}", body)).Status);
        }

        foreach (var path in (string[])["", "/objects", "/objects/o", "/properties", "/properties/p", "/tags", "/tags/t", "/resource_types"])
        {
            Assert.Equal(200, (int)(await SendAsync(api.One, "GET", $"{Namespaces}/{owned}{path}")).Status);
            var hidden = await SendAsync(api.Two, "GET", $"{Namespaces}/{owned}{path}");
            // The same answer as for a namespace that is not there.
            Assert.Equal((await SendAsync(api.Two, "GET", $"{Namespaces}/nowhere{path}")).Text.Replace("nowhere", owned, StringComparison.Ordinal), hidden.Text);
            Assert.Equal(404, (int)hidden.Status);
        }

        Assert.Equal(before, (await SendAsync(api.One, "GET", $"{Namespaces}/{owned}")).Text);
        AssertRefused(403, "You are not authorized to complete add_metadef_namespace action.", await SendAsync(api.One, "POST", Namespaces, """{"namespace": "x"}"""));
        using var nobody = new ApiClient(api.Shared.Server);
        Assert.Equal(401, (int)(await nobody.GetAsync(Namespaces)).Status);
    }

    [Fact]
    public async Task Nothing_of_a_protected_namespace_is_deleted()
    {
        var name = await NamespaceAsync(api, """
            , "protected": true, "objects": [{"name": "o"}], "properties": {"p": {"title": "t", "type": "string"} }, "tags": [{"name": "t"}],
            "resource_type_associations": [{"name": "r"}]
            """);
        async Task RefusedAsync(string path, string what) => AssertRefused(403, $"Metadata definition {what} is protected and cannot be deleted.",
            await SendAsync(api.Admin, "DELETE", $"{Namespaces}/{name}{path}"));

        foreach (var path in (string[])["", "/objects", "/properties", "/tags"])
            await RefusedAsync(path, $"namespace {name}");
        await RefusedAsync("/objects/o", "object o");
        await RefusedAsync("/properties/p", "property p");
        await RefusedAsync("/tags/t", "tag t");
        await RefusedAsync("/resource_types/r", "resource-type-association r");
        // What adds and changes is not held up.
        Assert.Equal(201, (int)(await SendAsync(api.Admin, "POST", $"{Namespaces}/{name}/tags/more")).Status);

        await SendAsync(api.Admin, "PUT", $"{Namespaces}/{name}", $$"""{"namespace": "{{name}}"}""");
        foreach (var path in (string[])["/objects", "/properties", "/tags", "/resource_types/r"])
            Assert.Equal(204, (int)(await SendAsync(api.Admin, "DELETE", $"{Namespaces}/{name}{path}")).Status);
        AssertAnswer(200, View(name, await AdminProjectAsync(api)), await SendAsync(api.Admin, "GET", $"{Namespaces}/{name}"));
    }
}
