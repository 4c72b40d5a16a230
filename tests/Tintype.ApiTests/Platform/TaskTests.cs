using System.Net;
using System.Text.Json;
using Tintype.ApiTests.Images;
using Tintype.ApiTests.Images.Import;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Platform;

public sealed class TaskTests(ImportServer server) : IClassFixture<ImportServer>
{
    private const string Tasks = "/tintype/v1/tasks";

    [Fact]
    public async Task An_import_tells_how_far_it_is_and_can_be_cancelled()
    {
        server.Web.Hold("/half", new byte[200_000]);
        var image = await server.CreateAsync();
        await DownloadAsync(image, "/half");
        var running = await UntilAsync(image, task => task.GetProperty("bytes_done").ValueKind == JsonValueKind.Number && task.GetProperty("bytes_done").GetInt64() == 100_000);
        var id = running.GetProperty("id").GetString()!;

        Assert.Equal(("image-import", "running", "downloading", 40, 200_000, true, false),
            (Text(running, "kind"), Text(running, "status"), Text(running, "step"), running.GetProperty("progress").GetInt32(), running.GetProperty("bytes_total").GetInt64(),
             running.GetProperty("cancellable").GetBoolean(), running.GetProperty("cancelling").GetBoolean()));
        Assert.Equal(image, Text(running, "subject_id"));

        var asked = await server.One.SendAsync(HttpMethod.Post, $"{Tasks}/{id}/cancel");
        Assert.Equal(HttpStatusCode.Accepted, asked.Status);
        Assert.Equal(id, Text(asked.Json, "id"));
        var ended = await UntilAsync(image, task => Text(task, "status") == "cancelled");
        var reason = $"Cancelled by {ApiClient.Credentials(server.Server, "tintype").User}.";
        Assert.Equal((reason, false, false), (Text(ended, "reason"), ended.GetProperty("cancellable").GetBoolean(), ended.GetProperty("cancelling").GetBoolean()));

        // Nothing is left but the reason.
        var shown = (await server.One.GetAsync($"{ImagesApi.Root}/{image}")).Json;
        Assert.Equal("queued", Text(shown, "status"));
        Assert.False(shown.TryGetProperty("os_glance_import_task", out _));
        Assert.DoesNotContain(ImportServer.Sizes(server.Staged), size => size != "0");
        // Glance has no word for it.
        var glance = (await server.Admin.GetAsync($"/image/v2/tasks/{id}")).Json;
        Assert.Equal(("failure", reason), (Text(glance, "status"), Text(glance, "message")));
        Assert.Contains((await server.Admin.GetAsync("/image/v2/tasks?status=failure&limit=1000")).Json.GetProperty("tasks").EnumerateArray(), task => Text(task, "id") == id);

        AssertRefused(409, $"Task {id} has been cancelled already.", await server.One.SendAsync(HttpMethod.Post, $"{Tasks}/{id}/cancel"));
        // The image can be imported again.
        server.Web.Give("/whole", "whole"u8.ToArray());
        await DownloadAsync(image, "/whole");
        Assert.Equal("active", Text((await server.SettledAsync(image)).Json, "status"));
    }

    [Fact]
    public async Task A_cancellation_survives_a_kill_of_the_server()
    {
        using var data = new TemporaryDirectory();
        await using var web = new WebOrigin();
        await using var killed = await TintypeServer.StartAsync(data.Combine("data"),
            "--Images:WebDownload:AllowedNetworks:0=127.0.0.1/32", $"--Images:WebDownload:AllowedPorts:0={web.Port}");
        using var one = await ApiClient.SignInAsync(killed, "tintype");
        web.Hold("/half", new byte[200_000]);
        var ids = new List<string>();
        // Two run at a time: the third is pending.
        for (var count = 0; count < 3; count++)
        {
            var image = await ImagesApi.CreateAsync(one, """{"name": "imported", "disk_format": "raw", "container_format": "bare"}""");
            await one.SendAsync(HttpMethod.Post, $"{ImagesApi.Root}/{image}/import", $$"""{"method": {"name": "web-download", "uri": "{{web.Url("/half")}}"} }""");
            ids.Add(image);
        }

        var tasks = (await one.GetAsync(Tasks)).Json.GetProperty("tasks").EnumerateArray().Select(task => Text(task, "id")!).ToList();
        Assert.Equal(3, tasks.Count);
        await Task.WhenAll(tasks.Select(task => one.SendAsync(HttpMethod.Post, $"{Tasks}/{task}/cancel")));
        await killed.KillAsync();
        await killed.StartAgainAsync();

        using var again = await ApiClient.SignInAsync(killed, "tintype");
        foreach (var task in tasks)
            Assert.Equal("cancelled", await EndAsync(again, task));
        foreach (var image in ids)
        {
            var shown = (await again.GetAsync($"{ImagesApi.Root}/{image}")).Json;
            Assert.Equal("queued", Text(shown, "status"));
            Assert.False(shown.TryGetProperty("os_glance_import_task", out _));
        }
    }

    [Fact]
    public async Task The_list_has_filters_and_pages_and_shows_a_project_its_own()
    {
        server.Web.Give("/listed", "listed"u8.ToArray());
        var image = await server.CreateAsync();
        await DownloadAsync(image, "/missing");
        await server.SettledAsync(image);
        await DownloadAsync(image, "/listed");
        await server.SettledAsync(image);
        var failing = await server.CreateAsync();
        await DownloadAsync(failing, "/missing");
        await server.SettledAsync(failing);
        await UntilAsync(failing, task => Text(task, "status") == "failure");
        await UntilAsync(image, task => Text(task, "status") == "success");

        Assert.Equal([failing], await SubjectsAsync($"?state=failure&subject={failing}"));
        Assert.Empty(await SubjectsAsync($"?state=success&state=running&subject={failing}"));
        Assert.Empty(await SubjectsAsync($"?kind=snapshot&subject={failing}"));
        Assert.Equal([failing], await SubjectsAsync($"?kind=snapshot&kind=image-import&subject={failing}"));

        // Newest first, a page at a time.
        var all = await SubjectsAsync("?limit=1000");
        Assert.Equal(failing, all[0]);
        var paged = new List<string>();
        for (var next = $"{Tasks}?limit=1&kind=image-import"; next is not null;)
        {
            var page = (await server.One.GetAsync(next)).Json;
            paged.AddRange(page.GetProperty("tasks").EnumerateArray().Select(task => Text(task, "subject_id")!));
            next = Text(page, "next");
        }

        Assert.Equal(all, paged);

        using var two = await ApiClient.SignInAsync(server.Server, "tintype-two");
        var id = Text((await ListAsync(server.One, $"?subject={failing}"))[0], "id");
        Assert.Empty(await ListAsync(two, $"?subject={failing}"));
        AssertRefused(404, $"No task found with ID {id}.", await two.GetAsync($"{Tasks}/{id}"));
        AssertRefused(404, $"No task found with ID {id}.", await two.SendAsync(HttpMethod.Post, $"{Tasks}/{id}/cancel"));
        AssertRefused(400, $"The marker {id} is no task; it is the id of the last task of the page before.", await two.GetAsync($"{Tasks}?marker={id}"));
        Assert.Single(await ListAsync(server.Admin, $"?subject={failing}"));
    }

    [Theory]
    [InlineData("state=done", "A task's state is one of pending, running, success, failure, cancelled, not 'done'.")]
    [InlineData("subject=x", "'subject' must be an id, not 'x'.")]
    [InlineData("marker=x", "'marker' must be an id, not 'x'.")]
    [InlineData("limit=0", "'limit' must be a number from 1 to 1000, not '0'.")]
    [InlineData("limit=1&limit=2", "'limit' may be given once.")]
    public async Task A_list_that_cannot_be_meant_is_refused(string query, string message) =>
        AssertRefused(400, message, await server.One.GetAsync($"{Tasks}?{query}"));

    [Fact]
    public async Task Who_follows_the_events_hears_a_task_from_its_beginning_to_its_end()
    {
        using var two = await ApiClient.SignInAsync(server.Server, "tintype-two");
        using var events = await EventStream.OpenAsync(server.Server, server.One.Token!);
        using var foreign = await EventStream.OpenAsync(server.Server, two.Token!);
        Assert.Equal("text/event-stream", events.Response.Content.Headers.ContentType?.ToString());
        var release = server.Web.Hold("/followed", new byte[1_000_000]);
        var image = await server.CreateAsync();
        await DownloadAsync(image, "/followed");

        var pending = await events.UntilAsync(image, _ => true);
        Assert.Equal(Text(pending, "id"), Text((await ListAsync(server.One, $"?subject={image}"))[0], "id"));
        await events.UntilAsync(image, task => Text(task, "step") == "downloading" && task.GetProperty("bytes_done").ToString() == "500000");
        var before = events.Last;
        release();
        var ended = await events.UntilAsync(image, task => Text(task, "status") == "success");
        Assert.Equal((await server.One.GetAsync($"{Tasks}/{Text(ended, "id")}")).Text, ended.GetRawText());

        // Whoever was away hears the end.
        using var back = await EventStream.OpenAsync(server.Server, server.One.Token!, before);
        Assert.Equal(ended.GetRawText(), (await back.UntilAsync(image, task => Text(task, "status") == "success")).GetRawText());

        // Another project's first event is of a task of its own.
        var other = await ImagesApi.CreateAsync(two, """{"name": "other", "disk_format": "raw", "container_format": "bare"}""");
        server.Web.Give("/other", "other"u8.ToArray());
        await server.ImportAsync(other, $$"""{"method": {"name": "web-download", "uri": "{{server.Web.Url("/other")}}"} }""", two);
        Assert.Equal(other, Text((await foreign.NextAsync())!.Value.Data, "subject_id"));
    }

    [Fact]
    public async Task Events_end_with_the_token()
    {
        using var client = await ApiClient.SignInAsync(server.Server, "tintype-two");
        using var events = await EventStream.OpenAsync(server.Server, client.Token!);
        Assert.Equal(204, (int)(await client.SendAsync(HttpMethod.Delete, "/identity/v3/auth/tokens", null, ("X-Subject-Token", client.Token!))).Status);

        (string Name, JsonElement Data)? heard;
        while ((heard = await events.NextAsync()) is { Name: "task" })
        {
            // What was going on when it began.
        }

        Assert.Equal(("end", "The token has expired or was revoked; sign in again."), (heard!.Value.Name, Text(heard.Value.Data, "reason")));
        Assert.Null(await events.NextAsync());
    }

    [Fact]
    public async Task Events_are_for_those_who_have_signed_in_and_go_on_from_a_number()
    {
        using var nobody = new ApiClient(server.Server);
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync("/tintype/v1/events")).Status);
        AssertRefused(400, "Last-Event-ID is the id of an event that this service has sent, a number, not 'x'.",
            await server.One.SendAsync(HttpMethod.Get, "/tintype/v1/events", null, ("Last-Event-ID", "x")));
    }

    [Fact]
    public async Task A_server_that_stops_does_not_wait_for_those_who_listen()
    {
        using var data = new TemporaryDirectory();
        await using var stopped = await TintypeServer.StartAsync(data.Combine("data"));
        using var one = await ApiClient.SignInAsync(stopped, "tintype");
        using var events = await EventStream.OpenAsync(stopped, one.Token!);

        await stopped.StopAsync();

        Assert.Null(await events.NextAsync());
        Assert.DoesNotContain("error", stopped.Output, StringComparison.OrdinalIgnoreCase);
    }

    private async Task DownloadAsync(string image, string path)
    {
        var answer = await server.ImportAsync(image, $$"""{"method": {"name": "web-download", "uri": "{{server.Web.Url(path)}}"} }""");
        Assert.True((int)answer.Status == 202, answer.Text);
    }

    private async Task<JsonElement> UntilAsync(string image, Func<JsonElement, bool> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            foreach (var task in await ListAsync(server.One, $"?subject={image}"))
            {
                if (isSo(task))
                    return task;
            }

            await Task.Delay(20, patience.Token);
        }
    }

    private static async Task<string?> EndAsync(ApiClient client, string task)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            if (Text((await client.GetAsync($"{Tasks}/{task}")).Json, "status") is var status and not ("pending" or "running"))
                return status;
            await Task.Delay(20, patience.Token);
        }
    }

    private async Task<List<string>> SubjectsAsync(string query) => [.. (await ListAsync(server.One, query)).Select(task => Text(task, "subject_id")!)];

    private static async Task<List<JsonElement>> ListAsync(ApiClient client, string query) => [.. (await client.GetAsync(Tasks + query)).Json.GetProperty("tasks").EnumerateArray()];

    private static void AssertRefused(int status, string message, ApiAnswer answer)
    {
        Assert.Equal(status, (int)answer.Status);
        Assert.Equal((status, message), (answer.Json.GetProperty("error").GetProperty("code").GetInt32(), answer.Json.GetProperty("error").GetProperty("message").GetString()));
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
