using System.Net;
using Xunit;

namespace Tintype.ApiTests.Compute;

[Collection(ComputeCollection.Name)]
public sealed class ServerDetailTests(ComputeServer compute)
{
    [Fact]
    public async Task Actions_are_refused_by_state_by_name_and_by_form()
    {
        var id = await compute.MakeServerAsync(SharedServer.Unique("vm"));

        await RefusedAsync("""{"os-start": null}""", "conflictingRequest", 409, $"Cannot 'start' instance {id} while it is in vm_state error");
        await RefusedAsync("""{"os-stop": null}""", "conflictingRequest", 409, $"Cannot 'stop' instance {id} while it is in vm_state error");
        await RefusedAsync("""{"reboot": {"type": "SOFT"}}""", "conflictingRequest", 409, $"Cannot 'reboot' instance {id} while it is in vm_state error");
        await RefusedAsync("""{"reboot": {"type": "WARM"}}""", "badRequest", 400, "Invalid input for field/attribute reboot.type. Value: 'WARM'. 'WARM' is not one of 'HARD', 'SOFT'");
        await RefusedAsync("""{"dance": null}""", "badRequest", 400, "There is no such action: dance");
        await RefusedAsync("""{"shelve": null}""", "notImplemented", 501, "The requested functionality is not supported: 'shelve' cannot be done to servers here.");
        await RefusedAsync("""{"os-start": null, "os-stop": null}""", "badRequest", 400, "Malformed request body: it must be an object with one member, the action.");
        await RefusedAsync("""{"os-getConsoleOutput": {}}""", "itemNotFound", 404, "Guest does not have a console available.");
        await RefusedAsync("""{"os-resetState": {"state": "active"}}""", "forbidden", 403, "Policy doesn't allow os_compute_api:os-admin-actions:reset_state to be performed.");

        async Task RefusedAsync(string body, string name, int code, string message) =>
            ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Member, "POST", $"/servers/{id}/action", body), name, code, message);
    }

    [Fact]
    public async Task A_state_that_is_reset_is_true()
    {
        var id = await compute.MakeServerAsync(SharedServer.Unique("vm"));

        Assert.Equal(HttpStatusCode.Accepted, (await ComputeServer.AskAsync(compute.Admin, "POST", $"/servers/{id}/action", """{"os-resetState": {"state": "active"}}""")).Status);

        // No guest of it runs.
        Assert.Equal("SHUTOFF", (await ComputeServer.ShowAsync(compute.Member, id)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_locked_server_is_changed_by_administrators_alone()
    {
        var id = await compute.MakeServerAsync(SharedServer.Unique("vm"));
        Assert.Equal(HttpStatusCode.Accepted, (await ComputeServer.AskAsync(compute.Member, "POST", $"/servers/{id}/action", """{"lock": {"locked_reason": "precious"}}""", 73)).Status);

        var shown = await ComputeServer.ShowAsync(compute.Member, id, 73);
        Assert.Equal((true, "precious"), (shown.GetProperty("locked").GetBoolean(), shown.GetProperty("locked_reason").GetString()));
        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Member, "DELETE", $"/servers/{id}"), "conflictingRequest", 409, $"Instance {id} is locked");
        Assert.Equal(HttpStatusCode.OK, (await ComputeServer.AskAsync(compute.Admin, "PUT", $"/servers/{id}", """{"server": {"name": "renamed"}}""")).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await ComputeServer.AskAsync(compute.Member, "POST", $"/servers/{id}/action", """{"unlock": null}""")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await ComputeServer.AskAsync(compute.Member, "DELETE", $"/servers/{id}")).Status);
    }

    [Fact]
    public async Task Name_metadata_and_tags_are_the_users()
    {
        var id = await compute.MakeServerAsync(SharedServer.Unique("vm"), """, "metadata": {"a": "1", "b": "2"}""");
        var renamed = SharedServer.Unique("renamed");

        Assert.Equal(renamed, (await ComputeServer.AskAsync(compute.Member, "PUT", $"/servers/{id}", $$"""{"server": {"name": "{{renamed}}"} }"""))
            .Json.GetProperty("server").GetProperty("name").GetString());

        Assert.Equal("""{"metadata":{"a":"1","b":"3","c":"4"}}""", (await ComputeServer.AskAsync(compute.Member, "POST", $"/servers/{id}/metadata", """{"metadata": {"b": "3", "c": "4"}}""")).Text);
        Assert.Equal("""{"meta":{"c":"4"}}""", (await ComputeServer.AskAsync(compute.Member, "GET", $"/servers/{id}/metadata/c")).Text);
        Assert.Equal("""{"meta":{"c":"5"}}""", (await ComputeServer.AskAsync(compute.Member, "PUT", $"/servers/{id}/metadata/c", """{"meta": {"c": "5"}}""")).Text);
        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Member, "PUT", $"/servers/{id}/metadata/c", """{"meta": {"d": "5"}}"""), "badRequest", 400, "Request body and URI mismatch");
        Assert.Equal(HttpStatusCode.NoContent, (await ComputeServer.AskAsync(compute.Member, "DELETE", $"/servers/{id}/metadata/a")).Status);
        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Member, "DELETE", $"/servers/{id}/metadata/a"), "itemNotFound", 404, "Metadata item was not found");
        Assert.Equal("""{"metadata":{"b":"3","c":"5"}}""", (await ComputeServer.AskAsync(compute.Member, "GET", $"/servers/{id}/metadata")).Text);
        Assert.Equal("""{"metadata":{"z":"9"}}""", (await ComputeServer.AskAsync(compute.Member, "PUT", $"/servers/{id}/metadata", """{"metadata": {"z": "9"}}""")).Text);

        Assert.Equal("""{"tags":["x","y"]}""", (await ComputeServer.AskAsync(compute.Member, "PUT", $"/servers/{id}/tags", """{"tags": ["x", "y"]}""", 26)).Text);
        Assert.Equal(HttpStatusCode.Created, (await ComputeServer.AskAsync(compute.Member, "PUT", $"/servers/{id}/tags/z", null, 26)).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await ComputeServer.AskAsync(compute.Member, "DELETE", $"/servers/{id}/tags/x", null, 26)).Status);
        Assert.Equal("""{"tags":["y","z"]}""", (await ComputeServer.AskAsync(compute.Member, "GET", $"/servers/{id}/tags", null, 26)).Text);
        Assert.Equal(HttpStatusCode.NotFound, (await ComputeServer.AskAsync(compute.Member, "GET", $"/servers/{id}/tags")).Status);
    }

    [Fact]
    public async Task Of_changes_at_the_same_time_none_is_lost()
    {
        const int Count = 20;
        var id = await compute.MakeServerAsync(SharedServer.Unique("vm"));
        var renamed = SharedServer.Unique("renamed");

        IEnumerable<(string Path, string? Body)> changes =
        [
            .. Enumerable.Range(0, Count).Select(n => ($"/tags/t{n}", (string?)null)),
            .. Enumerable.Range(0, Count).Select(n => ($"/metadata/m{n}", (string?)$$"""{"meta": {"m{{n}}": "{{n}}"} }""")),
            ("", $$"""{"server": {"name": "{{renamed}}"} }"""),
        ];
        var answers = await Task.WhenAll(changes.Select(c => ComputeServer.AskAsync(compute.Member, "PUT", $"/servers/{id}{c.Path}", c.Body, 26)));

        Assert.All(answers, answer => Assert.Contains(answer.Status, (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.Created]));
        var shown = await ComputeServer.ShowAsync(compute.Member, id, 26);
        Assert.Equal(Enumerable.Range(0, Count).Select(n => $"t{n}").Order(StringComparer.Ordinal),
            shown.GetProperty("tags").EnumerateArray().Select(t => t.GetString()).Order(StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(0, Count).Select(n => $"m{n}").Order(StringComparer.Ordinal),
            shown.GetProperty("metadata").EnumerateObject().Select(m => m.Name).Order(StringComparer.Ordinal));
        Assert.Equal(renamed, shown.GetProperty("name").GetString());
    }

    [Fact]
    public async Task What_was_done_and_why_it_failed_can_be_looked_up()
    {
        var id = await compute.MakeServerAsync(SharedServer.Unique("vm"));
        const string Reason = "No valid host was found. The guest needs 256 MiB, 0 MiB are free.";

        var action = Assert.Single((await ComputeServer.AskAsync(compute.Member, "GET", $"/servers/{id}/os-instance-actions")).Json.GetProperty("instanceActions").EnumerateArray());
        Assert.Equal(("create", id, Reason), (action.GetProperty("action").GetString(), action.GetProperty("instance_uuid").GetString(), action.GetProperty("message").GetString()));
        Assert.Equal(["action", "instance_uuid", "message", "project_id", "request_id", "start_time", "user_id"],
            action.EnumerateObject().Select(m => m.Name).Order(StringComparer.Ordinal));

        var request = action.GetProperty("request_id").GetString();
        var shown = (await ComputeServer.AskAsync(compute.Member, "GET", $"/servers/{id}/os-instance-actions/{request}", minor: 84)).Json.GetProperty("instanceAction");
        var step = Assert.Single(shown.GetProperty("events").EnumerateArray());
        Assert.Equal(("Error", Reason), (step.GetProperty("result").GetString(), step.GetProperty("details").GetString()));
        Assert.False((await ComputeServer.AskAsync(compute.Member, "GET", $"/servers/{id}/os-instance-actions/{request}")).Json.GetProperty("instanceAction").TryGetProperty("events", out _));
        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Member, "GET", $"/servers/{id}/os-instance-actions/req-none"), "itemNotFound", 404, "Action req-none not found");
    }

    [Fact]
    public async Task Clients_find_what_they_expect_to_be_empty()
    {
        var id = await compute.MakeServerAsync(SharedServer.Unique("vm"));
        Assert.Equal("""{"volumeAttachments":[]}""", (await ComputeServer.AskAsync(compute.Member, "GET", $"/servers/{id}/os-volume_attachments")).Text);
        Assert.Equal("""{"interfaceAttachments":[]}""", (await ComputeServer.AskAsync(compute.Member, "GET", $"/servers/{id}/os-interface")).Text);
        Assert.Equal("""{"addresses":{}}""", (await ComputeServer.AskAsync(compute.Member, "GET", $"/servers/{id}/ips")).Text);
    }
}
