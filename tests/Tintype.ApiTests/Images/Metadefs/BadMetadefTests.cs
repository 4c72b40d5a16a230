using System.Net;
using System.Text.Json;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;
using static Tintype.ApiTests.Images.Metadefs.MetadefsApi;

namespace Tintype.ApiTests.Images.Metadefs;

/// <summary>What is refused, and that nothing of it is kept.</summary>
public sealed class BadMetadefTests(ImagesApi api) : IClassFixture<ImagesApi>
{
    private const string Long = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

    [Theory]
    [InlineData(null, "Body expected in request.")]
    [InlineData("3", "Unexpected body type. Expected list/dict.")]
    [InlineData("null", "Unexpected body type. Expected list/dict.")]
    [InlineData("[]", "Provided object does not match schema 'namespace': [] is not of type 'object'\n\nOn instance:\n    []")]
    [InlineData("{}", "Provided object does not match schema 'namespace': 'namespace' is a required property\n\nOn instance:\n    {}")]
    [InlineData("""{"namespace": 3}""", "Provided object does not match schema 'namespace': 3 is not of type 'string'\n\nOn instance['namespace']:\n    3")]
    [InlineData("""{"namespace": "BAD", "visibility": "shared"}""", "Provided object does not match schema 'namespace': 'shared' is not one of ['public', 'private']\n\nOn instance['visibility']:\n    'shared'")]
    [InlineData("""{"namespace": "BAD", "protected": "yes"}""", "Provided object does not match schema 'namespace': 'yes' is not of type 'boolean'\n\nOn instance['protected']:\n    'yes'")]
    [InlineData("""{"namespace": "BAD", "owner": null}""", "Provided object does not match schema 'namespace': None is not of type 'string'\n\nOn instance['owner']:\n    None")]
    [InlineData("""{"namespace": "BAD", "b": 2, "a": 1}""", "Provided object does not match schema 'namespace': Additional properties are not allowed ('a', 'b' were unexpected)\n\nOn instance:\n    {'namespace': 'BAD', 'b': 2, 'a': 1}")]
    [InlineData($$"""{"namespace": "{{Long}}"}""", $"Provided object does not match schema 'namespace': '{Long}' is too long\n\nOn instance['namespace']:\n    '{Long}'")]
    [InlineData("""{"namespace": "BAD", "tags": ["a"]}""", "Provided object does not match schema 'namespace': 'a' is not of type 'object'\n\nOn instance['tags'][0]:\n    'a'")]
    [InlineData("""{"namespace": "BAD", "properties": {"p": {"title": "t"}}}""", "Provided object does not match schema 'namespace': 'type' is a required property\n\nOn instance['properties']['p']:\n    {'title': 't'}")]
    [InlineData("""{"namespace": "BAD", "properties": {"p": {"title": "t", "type": "integer", "minLength": -1}}}""", "Provided object does not match schema 'namespace': -1 is less than the minimum of 0\n\nOn instance['properties']['p']['minLength']:\n    -1")]
    [InlineData("""{"namespace": "BAD", "objects": [{"name": "o", "required": ["a", "a"]}]}""", "Provided object does not match schema 'namespace': ['a', 'a'] has non-unique elements\n\nOn instance['objects'][0]['required']:\n    ['a', 'a']")]
    [InlineData("""{"namespace": "BAD", "tags": [{}]}""", "Tag 1 cannot be used: it has no name.")]
    [InlineData("""{"namespace": "BAD", "tags": [{"name": "x", "foo": 3}]}""", "Tag 1 cannot be used: 'foo' is no attribute of it; name, created_at, updated_at are.")]
    [InlineData($$"""{"namespace": "BAD", "objects": [{"name": "{{Long}}"}]}""", $"Object 1 cannot be used: the name '{Long}' is too long; it may have 80 characters.")]
    [InlineData("""{"namespace": "BAD", "properties": {"p": {"title": "t", "type": "string", "enum": [1]}}}""", "Property 'p' of the namespace cannot be used: its enum has 1; it must be text.")]
    [InlineData("""{"namespace": "BAD", "properties": {"p": {"title": "t", "type": "string", "maximum": 1e30}}}""", "Property 'p' of the namespace cannot be used: its maximum is 1e30; it must be between -9223372036854775808 and 9223372036854775807.")]
    [InlineData("""{"namespace": "BAD", "properties": {"p": {"title": "t", "type": "string", "confidential": "maybe"}}}""", "Property 'p' of the namespace cannot be used: its confidential is 'maybe'; it must be true or false.")]
    [InlineData("""{"namespace": "BAD", "properties": {"p": {"title": "t", "type": "array", "items": {}}}}""", "Property 'p' of the namespace cannot be used: its items have no type.")]
    [InlineData("""{"namespace": ""}""", "The namespace cannot be used: the name '' is one that no URL can carry.")]
    [InlineData("""{"namespace": ".."}""", "The namespace cannot be used: the name '..' is one that no URL can carry.")]
    [InlineData("""{"namespace": "BAD", "description": "a\u0000b"}""", "The namespace cannot be used: its description has a NUL character.")]
    public async Task Malformed_namespaces(string? body, string message)
    {
        var name = SharedServer.Unique("Bad");
        AssertRefused(400, message.Replace("BAD", name, StringComparison.Ordinal),
            await SendAsync(api.Admin, "POST", Namespaces, body?.Replace("BAD", name, StringComparison.Ordinal)));
        Assert.Equal(404, (int)(await api.Admin.GetAsync($"{Namespaces}/{name}")).Status);
    }

    [Theory]
    [InlineData("POST", "", """{"namespace": "x", "self": "y"}""", "self")]
    [InlineData("PUT", "/{0}", """{"namespace": "x", "created_at": "y"}""", "created_at")]
    [InlineData("POST", "/{0}/objects", """{"name": "x", "schema": "y"}""", "schema")]
    [InlineData("POST", "/{0}/properties", """{"name": "x", "updated_at": "y"}""", "updated_at")]
    [InlineData("PUT", "/{0}/tags/x", """{"name": "x", "created_at": "y"}""", "created_at")]
    [InlineData("POST", "/{0}/resource_types", """{"name": "x", "created_at": "y"}""", "created_at")]
    public async Task What_the_service_writes_is_not_the_clients(string method, string path, string body, string attribute)
    {
        var ns = await NamespaceAsync(api);
        AssertRefused(403, $"Attribute '{attribute}' is read-only.", await SendAsync(api.Admin, method, Namespaces + path.Replace("{0}", ns, StringComparison.Ordinal), body));
    }

    [Theory]
    [InlineData("POST", "/objects", """{"name": "o", "properties": {"p": {"title": "t", "type": "string", "confidential": true}}}""", "Provided object does not match schema 'property': Additional properties are not allowed ('confidential' was unexpected)\n\nOn instance:\n    {'title': 't', 'type': 'string', 'confidential': True}")]
    [InlineData("POST", "/objects", """{"name": "o", "properties": []}""", "Provided object does not match schema 'object': [] is not of type 'object'\n\nOn instance['properties']:\n    []")]
    [InlineData("POST", "/properties", """{"title": "t", "type": "string"}""", "Provided object does not match schema 'property': 'name' is a required property\n\nOn instance:\n    {'title': 't', 'type': 'string'}")]
    [InlineData("POST", "/properties", """{"name": "p", "title": "t", "type": "string", "required": ["a"]}""", "The property cannot be used: 'required' is no attribute of it; name, type, title, description, operators, default, readonly, minimum, maximum, enum, pattern, minLength, maxLength, confidential, items, uniqueItems, minItems, maxItems, additionalItems are.")]
    [InlineData("POST", "/properties", """{"name": "p", "title": "t", "type": "word"}""", "Provided object does not match schema 'property': 'word' is not one of ['array', 'boolean', 'integer', 'number', 'object', 'string', None]\n\nOn instance['type']:\n    'word'")]
    [InlineData("POST", "/tags", "{}", "Provided object does not match schema 'tags': 'tags' is a required property\n\nOn instance:\n    {}")]
    [InlineData("POST", "/tags", """{"tags": [{"name": 3}]}""", "Provided object does not match schema 'tags': 3 is not of type 'string'\n\nOn instance['tags'][0]['name']:\n    3")]
    [InlineData("POST", $"/tags/{Long}", null, $"Provided object does not match schema 'tag': '{Long}' is too long\n\nOn instance['name']:\n    '{Long}'")]
    [InlineData("POST", "/resource_types", """{"name": ""}""", "The resource type association cannot be used: the name '' is one that no URL can carry.")]
    [InlineData("GET", "/objects?limit=0", null, "limit param must be positive")]
    [InlineData("GET", "/objects?sort_dir=x", null, "Invalid sort direction: x")]
    [InlineData("GET", "/objects/x", "{}", "A body is not expected with this request.")]
    public async Task Malformed_items(string method, string path, string? body, string message)
    {
        var ns = await NamespaceAsync(api);
        var before = (await api.Admin.GetAsync($"{Namespaces}/{ns}")).Text;
        AssertRefused(400, message, await SendAsync(api.Admin, method, $"{Namespaces}/{ns}{path}", body));
        Assert.Equal(before, (await api.Admin.GetAsync($"{Namespaces}/{ns}")).Text);
    }

    // Whatever is sent to whatever takes a body: a refusal with a sentence, never an error of the server's, and nothing kept.
    [Fact]
    public async Task No_body_makes_the_server_fail()
    {
        var ns = await NamespaceAsync(api, """, "objects": [{"name": "o"}], "properties": {"p": {"title": "t", "type": "string"} }, "tags": [{"name": "t"}]""");
        var before = (await api.Admin.GetAsync($"{Namespaces}/{ns}")).Text;
        string[] bodies =
        [
            "", "\0", "{", "[1]", "\"x\"", "{\"name\": \"\\ud800\"}", new string('[', 5000), $"{{\"name\": {new string('[', 60)}{new string(']', 60)}}}", "{\"name\": {\"name\": {}}}",
            "{\"name\": \"\\u0000\"}", "{\"namespace\": \"\\u0000\", \"title\": 1e999}", "{\"tags\": [[[]]]}", "{\"tags\": {\"name\": 1}}", "{\"properties\": 1e999, \"name\": \"n\"}",
            "{\"name\": \"n\", \"title\": \"t\", \"type\": \"string\", \"maximum\": 1e999}", "{\"name\": \"n\", \"title\": \"t\", \"type\": \"string\", \"minLength\": 1e999}",
            "{\"name\": \"n\", \"title\": \"t\", \"type\": \"string\", \"items\": {\"type\": null}}", $"{{\"name\": \"{new string('é', 81)}\"}}",
            $"{{\"name\": \"n\", {string.Join(", ", Enumerable.Range(0, 10_000).Select(n => $"\"x{n}\": {n}"))}}}",
        ];
        (string Method, string Path)[] operations =
        [
            ("POST", Namespaces), ("PUT", $"{Namespaces}/{ns}"), ("POST", $"{Namespaces}/{ns}/objects"), ("PUT", $"{Namespaces}/{ns}/objects/o"),
            ("POST", $"{Namespaces}/{ns}/properties"), ("PUT", $"{Namespaces}/{ns}/properties/p"), ("POST", $"{Namespaces}/{ns}/tags"),
            ("PUT", $"{Namespaces}/{ns}/tags/t"), ("POST", $"{Namespaces}/{ns}/resource_types"),
        ];
        foreach (var (method, path) in operations)
        {
            foreach (var body in bodies)
            {
                var answer = await SendAsync(api.Admin, method, path, body);
                Assert.True(answer.Status == HttpStatusCode.BadRequest, $"{method} {path} {body[..Math.Min(body.Length, 60)]}: {(int)answer.Status} {answer.Text}");
                Assert.False(string.IsNullOrWhiteSpace(answer.Json.GetProperty("message").GetString()));
            }
        }

        Assert.Equal(before, (await api.Admin.GetAsync($"{Namespaces}/{ns}")).Text);
    }

    [Fact]
    public async Task A_body_beyond_the_largest_is_refused()
    {
        var body = JsonSerializer.Serialize(new { @namespace = SharedServer.Unique("Large"), description = new string('x', 1024 * 1024) });
        Assert.Equal(413, (int)(await SendAsync(api.Admin, "POST", Namespaces, body)).Status);
    }
}
