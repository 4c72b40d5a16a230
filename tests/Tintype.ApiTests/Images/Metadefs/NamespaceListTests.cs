using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;
using static Tintype.ApiTests.Images.Metadefs.MetadefsApi;

namespace Tintype.ApiTests.Images.Metadefs;

public sealed class NamespaceListTests(ImagesApi api) : IClassFixture<ImagesApi>
{
    [Fact]
    public async Task A_list_is_paged_by_the_names_of_namespaces_and_says_what_each_is_for()
    {
        // A resource type of the test's own keeps other namespaces out.
        var type = SharedServer.Unique("My::Type");
        var made = new List<string>();
        foreach (var display in (string[])["c", "a", "b"])
        {
            made.Add(await NamespaceAsync(api, $$"""
                , "visibility": "public", "display_name": "{{display}}", "resource_type_associations": [{"name": "{{type}}", "prefix": "x_"}, {"name": "OS::Other"}]
                """));
        }

        var query = $"resource_types={Uri.EscapeDataString(type)}%2CUnknown";
        var first = await SendAsync(api.One, "GET", $"{Namespaces}?{query}&limit=2");
        Assert.Equal($"/v2/metadefs/namespaces?{query}&limit=2", first.Json.GetProperty("first").GetString());
        Assert.Equal("/v2/schemas/metadefs/namespaces", first.Json.GetProperty("schema").GetString());
        Assert.Equal($"/v2/metadefs/namespaces?{query}&limit=2&marker={made[1]}", first.Json.GetProperty("next").GetString());
        Assert.Equal([made[2], made[1]], Names(first));
        var one = first.Json.GetProperty("namespaces")[0];
        Assert.Equal([type, "OS::Other"], one.GetProperty("resource_type_associations").EnumerateArray().Select(a => a.GetProperty("name").GetString()!));
        Assert.False(one.TryGetProperty("tags", out _));

        var second = await SendAsync(api.One, "GET", $"/image{first.Json.GetProperty("next").GetString()}");
        Assert.Equal([made[0]], Names(second));
        Assert.False(second.Json.TryGetProperty("next", out _));

        await ListsAsync($"{query}&sort_key=display_name&sort_dir=asc", [made[1], made[2], made[0]]);
        await ListsAsync($"{query}&sort_key=display_name&sort_dir=asc&marker={made[1]}", [made[2], made[0]]);
        await ListsAsync($"{query}&sort_key=display_name", [made[0], made[2], made[1]]);
        await ListsAsync($"{query}&sort_key=id&sort_dir=asc", [made[0], made[1], made[2]]);
        Assert.Equal(made.Order(StringComparer.OrdinalIgnoreCase), await NamesAsync($"{query}&sort_key=namespace&sort_dir=asc"));
        foreach (var key in (string[])["description", "visibility", "protected", "owner", "created_at", "updated_at"])
            await ListsAsync($"{query}&sort_key={key}", [made[2], made[1], made[0]]);
        await ListsAsync($"{query}&visibility=private", []);
        await ListsAsync($"{query}&visibility=", []);
        Assert.Equal(3, (await NamesAsync($"{query}&visibility=public&unheard=of")).Length);
        await ListsAsync($"{query}&limit=0", []);
        await ListsAsync("resource_types=Unknown", []);
    }

    [Fact]
    public async Task Private_namespaces_are_listed_for_their_owner_and_administrators()
    {
        var name = await NamespaceAsync(api, $$""", "owner": "{{api.Projects.One}}" """);
        Assert.Contains(name, await NamesAsync("visibility=private&limit=1000"));
        Assert.Contains(name, Names(await api.Admin.GetAsync($"{Namespaces}?limit=1000")));
        Assert.DoesNotContain(name, Names(await api.Two.GetAsync($"{Namespaces}?limit=1000")));
        AssertRefused(404, $"Metadata definition namespace={name} was not found.", await SendAsync(api.Two, "GET", $"{Namespaces}?marker={name}"));
    }

    [Fact]
    public async Task What_properties_of_images_mean_is_there_from_the_first_start()
    {
        Assert.Superset(
            new HashSet<string> { "OS::Compute::LibvirtImage", "OS::Compute::InstanceData", "OS::OperatingSystem", "OS::Glance::CommonImageProperties" },
            (await NamesAsync("limit=1000&visibility=public")).ToHashSet());
        var action = await SendAsync(api.One, "GET", $"{Namespaces}/OS::Compute::Watchdog/properties/hw_watchdog_action?resource_type=OS::Glance::Image");
        Assert.Equal(["disabled", "reset", "poweroff", "pause", "none"], action.Json.GetProperty("enum").EnumerateArray().Select(word => word.GetString()!));
        AssertRefused(403, "Metadata definition namespace OS::Compute::Watchdog is protected and cannot be deleted.",
            await SendAsync(api.Admin, "DELETE", $"{Namespaces}/OS::Compute::Watchdog"));
    }

    [Theory]
    [InlineData("limit=-1", "limit param must be positive")]
    [InlineData("limit=x", "limit param must be an integer")]
    [InlineData("limit=", "limit param must be an integer")]
    [InlineData("limit=%C3", "Error decoding your request: the URL '/image/v2/metadefs/namespaces?limit=%C3' has escapes that are not of UTF-8.")]
    [InlineData("sort_dir=up", "Invalid sort direction: up")]
    [InlineData("sort_key=size", "Sort key supplied is invalid: size. It must be one of the following: namespace, display_name, description, visibility, protected, owner, created_at, updated_at, id.")]
    [InlineData("visibility=shared", "Invalid visibility value: shared")]
    public async Task Malformed_queries(string query, string message) => AssertRefused(400, message, await SendAsync(api.One, "GET", $"{Namespaces}?{query}"));

    [Fact]
    public async Task A_limit_beyond_all_numbers_is_the_largest_page()
    {
        Assert.Equal(200, (int)(await api.One.GetAsync($"{Namespaces}?limit=99999999999999999999")).Status);
        AssertRefused(404, "Metadata definition namespace=nope was not found.", await SendAsync(api.One, "GET", $"{Namespaces}?marker=nope"));
    }

    private async Task ListsAsync(string query, IEnumerable<string> expected) => Assert.Equal(expected, await NamesAsync(query));

    private async Task<string[]> NamesAsync(string query) => Names(await SendAsync(api.One, "GET", $"{Namespaces}?{query}"));

    private static string[] Names(ApiAnswer answer)
    {
        Assert.Equal(200, (int)answer.Status);
        return [.. answer.Json.GetProperty("namespaces").EnumerateArray().Select(ns => ns.GetProperty("namespace").GetString()!)];
    }
}
