using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Stores;

/// <summary>A server with two stores.</summary>
public sealed class TwoStores : IAsyncLifetime
{
    private readonly TemporaryDirectory _data = new();

    public TintypeServer Server { get; private set; } = null!;

    public ApiClient One { get; private set; } = null!;

    public ApiClient Admin { get; private set; } = null!;

    /// <summary>The directory of the second store, outside of the data directory.</summary>
    public string SecondFolder => _data.Combine("elsewhere");

    public async ValueTask InitializeAsync()
    {
        Server = await TintypeServer.StartAsync(_data.Combine("data"),
            "--Images:Stores:first:Description=The first", "--Images:Stores:second:Driver=local", $"--Images:Stores:second:Path={SecondFolder}",
            "--Images:Stores:second:Weight=7", "--Images:DefaultStore=first");
        One = await ApiClient.SignInAsync(Server, "tintype");
        Admin = await ApiClient.SignInAsync(Server, "tintype-admin");
    }

    public Task<string> CreateAsync(string name) => ImagesApi.CreateAsync(One, $$"""{"name": "{{name}}", "disk_format": "raw", "container_format": "bare"}""");

    public Task<ApiAnswer> UploadAsync(string id, string data, string? store = null) => One.SendAsync(HttpMethod.Put, $"{Root}/{id}/file", data,
        store is null ? [("Content-Type", "application/octet-stream")] : [("Content-Type", "application/octet-stream"), ("x-image-meta-store", store)]);

    public async ValueTask DisposeAsync()
    {
        One.Dispose();
        Admin.Dispose();
        await Server.DisposeAsync();
        _data.Dispose();
    }
}

public sealed class StoreTests(TwoStores stores) : IClassFixture<TwoStores>
{
    [Fact]
    public async Task Stores_are_told_to_all_and_their_configuration_to_administrators()
    {
        AssertAnswer(200, """{"stores": [{"id": "first", "description": "The first", "default": "true"}, {"id": "second"}]}""",
            await SendAsync(stores.One, "GET", "/image/v2/info/stores"));
        AssertFault(403, "Forbidden", "You are not authorized to complete stores_info_detail action.",
            await SendAsync(stores.One, "GET", "/image/v2/info/stores/detail"));
        AssertAnswer(200, $$"""
            {"stores": [
              {"id": "first", "description": "The first", "default": "true", "type": "file", "weight": 0,
               "properties": {"data_dir": "{{Path.Combine(stores.Server.DataDirectory, "stores", "first")}}"} },
              {"id": "second", "type": "file", "weight": 7, "properties": {"data_dir": "{{stores.SecondFolder}}"} }]}
            """, await SendAsync(stores.Admin, "GET", "/image/v2/info/stores/detail"));
    }

    [Fact]
    public async Task An_upload_goes_to_the_default_store_or_to_the_one_it_names()
    {
        var (byDefault, chosen, wrong) = (await stores.CreateAsync("a"), await stores.CreateAsync("b"), await stores.CreateAsync("c"));

        Assert.Equal(204, (int)(await stores.UploadAsync(byDefault, "first data")).Status);
        Assert.Equal(204, (int)(await stores.UploadAsync(chosen, "second data", "second")).Status);
        var refused = await stores.UploadAsync(wrong, "x", "third");
        Assert.Equal((400, "400 Bad Request\n\nThere is no store 'third' here to take the image's data; there is first, second."), ((int)refused.Status, refused.Text.TrimEnd()));

        Assert.Equal(("first", "active"), await StoresAsync(byDefault));
        Assert.Equal(("second", "active"), await StoresAsync(chosen));
        Assert.Equal((null, "queued"), await StoresAsync(wrong));
        Assert.Equal("second data", (await stores.One.GetAsync($"{Root}/{chosen}/file")).Text);
        Assert.Single(Directory.GetFiles(stores.SecondFolder), file => new FileInfo(file).Length == "second data".Length);
    }

    [Fact]
    public async Task A_new_image_says_which_stores_there_are()
    {
        var answer = await SendAsync(stores.One, "POST", Root, "{}");
        Assert.Equal("first,second", answer.Header("OpenStack-image-store-ids"));
    }

    [Fact]
    public async Task The_only_copy_cannot_be_taken_out_of_its_store()
    {
        var id = await stores.CreateAsync("only");
        AssertFault(409, "Conflict", "It's not allowed to remove image data from store if image status is not 'active'",
            await SendAsync(stores.Admin, "DELETE", $"/image/v2/stores/first/{id}"));
        await stores.UploadAsync(id, "x");
        AssertFault(403, "Forbidden", "Cannot delete image data from the only store containing it. Consider deleting the image instead.",
            await SendAsync(stores.Admin, "DELETE", $"/image/v2/stores/first/{id}"));
        AssertFault(403, "Forbidden", "You are not authorized to complete delete_image_location action.",
            await SendAsync(stores.One, "DELETE", $"/image/v2/stores/first/{id}"));
        AssertFault(409, "Conflict", "The selected store third is not available on this node.",
            await SendAsync(stores.Admin, "DELETE", $"/image/v2/stores/third/{id}"));
        AssertFault(404, "Not Found", "Failed to find image none", await SendAsync(stores.Admin, "DELETE", "/image/v2/stores/first/none"));
    }

    private async Task<(string? Stores, string? Status)> StoresAsync(string id)
    {
        var image = (await stores.One.GetAsync($"{Root}/{id}")).Json;
        return (image.TryGetProperty("stores", out var names) ? names.GetString() : null, image.GetProperty("status").GetString());
    }
}

/// <summary>What the server says at its start about a configuration of stores that cannot be.</summary>
public sealed class StoreConfigurationTests
{
    [Theory]
    [InlineData("Images:DefaultStore is 'none'; it must name one of the stores that take data: a.", "--Images:Stores:a:Driver=local", "--Images:DefaultStore=none")]
    [InlineData("Images:DefaultStore is ''; it must name one of the stores that take data: a, b.", "--Images:Stores:a:Driver=local", "--Images:Stores:b:Driver=local")]
    [InlineData("Images:Stores:a:Driver is 'tape'; there is: local, chunks, http.", "--Images:Stores:a:Driver=tape")]
    [InlineData("Images:Stores:os_glance_chunks: a store's name has", "--Images:Stores:os_glance_chunks:Driver=chunks")]
    [InlineData("The stores a and b have the same directory", "--Images:Stores:a:Path=x", "--Images:Stores:a:Driver=chunks", "--Images:Stores:b:Path=x/packs", "--Images:DefaultStore=a")]
    [InlineData("Images:Stores:a b: a store's name has", "--Images:Stores:a b:Driver=local")]
    [InlineData("The stores a and b have the same directory", "--Images:Stores:a:Path=x", "--Images:Stores:b:Path=x", "--Images:DefaultStore=a")]
    public async Task A_wrong_configuration_ends_the_start_with_a_sentence(string sentence, params string[] arguments)
    {
        using var data = new TemporaryDirectory();
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => TintypeServer.StartAsync(data.Combine("data"), arguments));
        Assert.Contains(sentence, failure.Message, StringComparison.Ordinal);
    }
}
