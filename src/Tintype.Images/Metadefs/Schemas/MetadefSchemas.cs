using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Tintype.Images.Schemas;

namespace Tintype.Images.Metadefs.Schemas;

/// <summary>The schema documents of metadata definitions: served to clients, and what bodies are held against.</summary>
internal static class MetadefSchemas
{
    private static readonly JsonObject _namespace = Load("namespace", Definitions());
    private static readonly JsonObject _object = Load("object", Definitions());
    private static readonly JsonObject _property = Load("property", PropertyDefinitions());
    private static readonly JsonObject _tag = Load("tag", null);
    private static readonly JsonObject _association = Load("resource_type_association", null);

    public static JsonSchema Namespace { get; } = Validator(_namespace);

    public static JsonSchema Object { get; } = Validator(_object);

    public static JsonSchema Property { get; } = Validator(_property);

    /// <summary>A property under the key that is its name.</summary>
    public static JsonSchema KeyedProperty { get; } = Validator(WithoutName(_property));

    public static JsonSchema Tag { get; } = Validator(_tag);

    /// <summary>Several tags in one request.</summary>
    public static JsonSchema Tags { get; } = Validator(Load("tags", null));

    public static JsonSchema Association { get; } = Validator(_association);

    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void Map(IEndpointRouteBuilder api)
    {
        foreach (var (name, plural, item) in (ReadOnlySpan<(string, string, JsonObject)>)
            [("namespace", "namespaces", _namespace), ("object", "objects", _object), ("tag", "tags", _tag), ("resource_type", "resource_types", _association)])
        {
            SchemaEndpoints.Map(api, $"metadefs/{name}", item);
            SchemaEndpoints.Map(api, $"metadefs/{plural}", Collection(plural == "resource_types" ? "resource_type_associations" : plural, item, keyed: false));
        }

        SchemaEndpoints.Map(api, "metadefs/property", _property);
        SchemaEndpoints.Map(api, "metadefs/properties", Collection("properties", WithoutName(_property), keyed: true));
    }

    // The definitions of an item stand at the root of the list's document, where references look for them.
    private static JsonObject Collection(string name, JsonObject item, bool keyed)
    {
        item = item.DeepClone().AsObject();
        var definitions = item["definitions"]?.DeepClone();
        item.Remove("definitions");
        var collection = SchemaEndpoints.Collection(name, item, paged: true);
        if (keyed)
            collection["properties"]![name] = new JsonObject { ["type"] = "object", ["additionalProperties"] = item.DeepClone() };
        if (definitions is not null)
            collection["definitions"] = definitions;
        return collection;
    }

    private static JsonSchema Validator(JsonObject document) => new(document["name"]!.GetValue<string>(), JsonSerializer.SerializeToElement(document, SchemaJson.Default.JsonObject));

    private static JsonObject WithoutName(JsonObject property)
    {
        property = property.DeepClone().AsObject();
        var required = property["required"]!.AsArray();
        required.Remove(required.Single(name => name!.GetValue<string>() == "name"));
        return property;
    }

    // A property's own document asks for a name, and for at least one word where it takes a list of words; within others it does not.
    private static JsonObject PropertyDefinitions()
    {
        var definitions = Read("definitions");
        definitions["stringArray"]!["minItems"] = 1;
        return definitions;
    }

    private static JsonObject Definitions()
    {
        var definitions = Read("definitions");
        definitions["property"] = new JsonObject
        {
            ["type"] = "object",
            ["additionalProperties"] = new JsonObject
            {
                ["type"] = "object",
                ["required"] = new JsonArray("title", "type"),
                ["properties"] = Read("property")["properties"]!.DeepClone(),
            },
        };
        return definitions;
    }

    private static JsonObject Load(string name, JsonObject? definitions)
    {
        var schema = Read(name);
        if (definitions is not null)
            schema["definitions"] = definitions;
        return schema;
    }

    private static JsonObject Read(string name)
    {
        using var stream = typeof(MetadefSchemas).Assembly.GetManifestResourceStream($"Tintype.Images.Metadefs.Schemas.{name}.json")!;
        return JsonNode.Parse(stream)!.AsObject();
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(JsonObject))]
internal sealed partial class SchemaJson : System.Text.Json.Serialization.JsonSerializerContext;
