using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Tintype.Images.Schemas;

/// <summary>The JSON schemas of the API's documents, by which some clients build their arguments. Files beside this one.</summary>
internal static class SchemaEndpoints
{
    /// <param name="api">The group <c>/image/v2</c>.</param>
    public static void Map(IEndpointRouteBuilder api)
    {
        var image = Load("image");
        var member = Load("member");
        var task = Load("task");
        Map(api, "image", image);
        Map(api, "member", member);
        Map(api, "images", Collection("images", image, paged: true));
        Map(api, "members", Collection("members", member, paged: false));
        Map(api, "task", task);
        Map(api, "tasks", Collection("tasks", Stub(task), paged: false));
    }

    public static void Map(IEndpointRouteBuilder api, string name, JsonNode schema)
    {
        var text = schema.ToJsonString();
        api.MapGet($"/schemas/{name}", () => TypedResults.Content(text, "application/json"));
    }

    /// <param name="paged">Whether the list links to its first and next page.</param>
    public static JsonObject Collection(string name, JsonNode item, bool paged)
    {
        static JsonObject Text() => new() { ["type"] = "string" };
        static JsonObject Link(string rel, string href) => new() { ["rel"] = rel, ["href"] = href };

        var properties = new JsonObject { [name] = new JsonObject { ["type"] = "array", ["items"] = item.DeepClone() }, ["schema"] = Text() };
        var links = new JsonArray();
        if (paged)
        {
            properties["first"] = Text();
            properties["next"] = Text();
            links.Add(Link("first", "{first}"));
            links.Add(Link("next", "{next}"));
        }

        links.Add(Link("describedby", "{schema}"));
        return new JsonObject { ["name"] = name, ["properties"] = properties, ["links"] = links };
    }

    // Lists leave out what can be long.
    private static JsonNode Stub(JsonNode task)
    {
        task = task.DeepClone();
        foreach (var name in new[] { "input", "result", "message" })
            task["properties"]!.AsObject().Remove(name);
        return task;
    }

    private static JsonNode Load(string name)
    {
        using var stream = typeof(SchemaEndpoints).Assembly.GetManifestResourceStream($"Tintype.Images.Schemas.{name}.json")!;
        return JsonNode.Parse(stream)!;
    }
}
