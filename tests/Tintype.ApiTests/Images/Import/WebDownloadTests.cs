using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Import;

/// <summary>Where users may have this server fetch images from, when the operator has said nothing of it.</summary>
public sealed class WebDownloadTests(ImagesApi api) : IClassFixture<ImagesApi>
{
    /// <summary>Nothing is asked of a name until the task runs; what it leads to is refused before a connection is made.</summary>
    [Theory]
    [InlineData("http://localhost/disk.raw")]
    [InlineData("http://LocalHost:80/disk.raw")]
    public async Task A_name_that_leads_inside_is_refused_by_the_task(string url)
    {
        var id = await CreateAsync(api.One, """{"disk_format": "raw", "container_format": "bare"}""");

        Assert.Equal(202, (int)(await SendAsync(api.One, "POST", $"{Root}/{id}/import", $$"""{"method": {"name": "web-download", "uri": "{{url}}"} }""")).Status);

        Assert.Equal("queued", (await ImportServer.SettledAsync(api.One, id)).Json.GetProperty("status").GetString());
        Assert.Matches("localhost is (::1|127.0.0.1), which is not a public address", await ReasonAsync(id));
    }

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://127.1/")]
    [InlineData("http://0x7f.1/")]
    [InlineData("http://[::]/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://169.254.169.254/")]
    [InlineData("https://8.8.8.8:8443/")]
    [InlineData("gopher://8.8.8.8/")]
    public async Task What_can_be_seen_from_the_url_is_refused_at_once(string url)
    {
        var id = await CreateAsync(api.One, """{"disk_format": "raw", "container_format": "bare"}""");

        var answer = await SendAsync(api.One, "POST", $"{Root}/{id}/import", $$"""{"method": {"name": "web-download", "uri": "{{url}}"} }""");

        Assert.Equal(400, (int)answer.Status);
        Assert.Contains($"URI for web-download does not pass filtering: {url}", answer.Json.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty((await SendAsync(api.One, "GET", $"{Root}/{id}/tasks")).Json.GetProperty("tasks").EnumerateArray());
    }

    // A moment after its image has been let go, the task has ended.
    private async Task<string> ReasonAsync(string id)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var task = (await SendAsync(api.One, "GET", $"{Root}/{id}/tasks")).Json.GetProperty("tasks")[0];
            if (task.GetProperty("status").GetString() == "failure")
                return task.GetProperty("message").GetString()!;
            await Task.Delay(20, patience.Token);
        }
    }
}
