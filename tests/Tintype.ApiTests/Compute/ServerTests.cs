using System.Net;
using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Compute;

[Collection(ComputeCollection.Name)]
public sealed class ServerTests(ComputeServer compute)
{
    [Fact]
    public async Task A_creation_is_answered_at_once_and_a_build_without_memory_says_so()
    {
        var name = SharedServer.Unique("vm");
        var made = await ComputeServer.AskAsync(compute.Member, "POST", "/servers", compute.Body(name, """, "metadata": {"role": "web"}"""));

        Assert.Equal(HttpStatusCode.Accepted, made.Status);
        var server = made.Json.GetProperty("server");
        var id = server.GetProperty("id").GetString();
        var self = $"{compute.Server.Address}compute/v2.1/servers/{id}";
        Assert.Equal(self, made.Header("Location"));
        Assert.Equal(12, server.GetProperty("adminPass").GetString()!.Length);
        var links = $$"""[{"rel": "self", "href": "{{self}}"}, {"rel": "bookmark", "href": "{{compute.Server.Address}}compute/servers/{{id}}"}]""";
        Assert.Equal(JsonText.Canonical($$"""
            {"server": {"id": "{{id}}", "links": {{links}}, "OS-DCF:diskConfig": "MANUAL", "security_groups": [{"name": "default"}],
              "adminPass": "{{server.GetProperty("adminPass").GetString()}}"} }
            """), JsonText.Canonical(made.Text));

        await ComputeServer.UntilAsync(async () => (await ComputeServer.ShowAsync(compute.Member, id!)).GetProperty("status").GetString() == "ERROR");
        var shown = await ComputeServer.ShowAsync(compute.Member, id!);
        Assert.Equal(JsonText.Canonical($$"""
            {"id": "{{id}}", "name": "{{name}}", "status": "ERROR", "tenant_id": {{Raw(shown, "tenant_id")}}, "user_id": {{Raw(shown, "user_id")}},
             "metadata": {"role": "web"}, "hostId": {{Raw(shown, "hostId")}},
             "image": {"id": "{{compute.ImageId}}", "links": [{"rel": "bookmark", "href": "{{compute.Server.Address}}compute/images/{{compute.ImageId}}"}]},
             "flavor": {"id": "{{compute.FlavorId}}", "links": [{"rel": "bookmark", "href": "{{compute.Server.Address}}compute/flavors/{{compute.FlavorId}}"}]},
             "created": {{Raw(shown, "created")}}, "updated": {{Raw(shown, "updated")}}, "addresses": {}, "accessIPv4": "", "accessIPv6": "", "links": {{links}},
             "OS-DCF:diskConfig": "MANUAL", "OS-EXT-AZ:availability_zone": "nova", "config_drive": "True", "key_name": null,
             "OS-SRV-USG:launched_at": null, "OS-SRV-USG:terminated_at": null, "security_groups": [{"name": "default"}],
             "OS-EXT-STS:task_state": null, "OS-EXT-STS:vm_state": "error", "OS-EXT-STS:power_state": 4, "os-extended-volumes:volumes_attached": [],
             "fault": {"code": 500, "created": {{Raw(shown.GetProperty("fault"), "created")}},
                       "message": "No valid host was found. The guest needs 256 MiB, 0 MiB are free."} }
            """), JsonText.Canonical(shown.GetRawText()));
    }

    [Fact]
    public async Task Newer_versions_and_administrators_see_more()
    {
        var id = await compute.MakeServerAsync(SharedServer.Unique("vm"), """, "networks": "none", "tags": ["t"], "description": "d" """, minor: 52);
        var old = Members(await ComputeServer.ShowAsync(compute.Member, id));

        var newest = await ComputeServer.ShowAsync(compute.Member, id, 92);
        Assert.Equal(["OS-EXT-SRV-ATTR:hostname", "description", "locked", "locked_reason", "server_groups", "tags", "trusted_image_certificates"], Members(newest).Except(old));
        Assert.Equal(("d", false, "t"), (newest.GetProperty("description").GetString(), newest.GetProperty("locked").GetBoolean(), newest.GetProperty("tags")[0].GetString()));
        Assert.Equal(JsonText.Canonical($$"""
            {"original_name": {{Raw(newest.GetProperty("flavor"), "original_name")}}, "vcpus": 1, "ram": 256, "disk": 1, "ephemeral": 0, "swap": 0, "extra_specs": {} }
            """), JsonText.Canonical(newest.GetProperty("flavor").GetRawText()));

        Assert.Equal(["OS-EXT-SRV-ATTR:host", "OS-EXT-SRV-ATTR:hypervisor_hostname", "OS-EXT-SRV-ATTR:instance_name"],
            Members(await ComputeServer.ShowAsync(compute.Admin, id)).Except(old));
        Assert.Contains("OS-EXT-SRV-ATTR:user_data", Members(await ComputeServer.ShowAsync(compute.Admin, id, 3)));
        Assert.Equal("UP", (await ComputeServer.ShowAsync(compute.Admin, id, 16)).GetProperty("host_status").GetString());
    }

    [Fact]
    public async Task What_cannot_be_had_is_refused_in_novas_words()
    {
        var absent = Guid.NewGuid();
        await RefusedAsync("Can not find requested image", compute.Body("x").Replace(compute.ImageId, absent.ToString(), StringComparison.Ordinal));
        await RefusedAsync($"Flavor {absent} could not be found.", compute.Body("x").Replace(compute.FlavorId, absent.ToString(), StringComparison.Ordinal));
        await RefusedAsync("Invalid key_name provided.", compute.Body("x", """, "key_name": "no-such-key" """));
        var queued = (await compute.Member.SendAsync(HttpMethod.Post, "/image/v2/images", """{"name": "empty", "disk_format": "raw", "container_format": "bare"}"""))
            .Json.GetProperty("id").GetString()!;
        await RefusedAsync($"Image {queued} is not active.", compute.Body("x").Replace(compute.ImageId, queued, StringComparison.Ordinal));
        var hungry = await compute.MakeImageAsync("""{"name": "hungry", "disk_format": "raw", "container_format": "bare", "min_ram": 9999}""");
        await RefusedAsync("Flavor's memory is too small for requested image. Flavor has 256 MiB, the image asks for 9999 MiB.",
            compute.Body("x").Replace(compute.ImageId, hungry, StringComparison.Ordinal));
        var wide = await compute.MakeImageAsync("""{"name": "wide", "disk_format": "raw", "container_format": "bare", "min_disk": 2}""");
        await RefusedAsync("Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is 1073741824 bytes, minimum size is 2147483648 bytes.",
            compute.Body("x").Replace(compute.ImageId, wide, StringComparison.Ordinal));
        var odd = await compute.MakeImageAsync("""{"name": "odd", "disk_format": "raw", "container_format": "bare", "hw_disk_bus": "floppy"}""");
        await RefusedAsync($"Image {odd} is unacceptable: its property hw_disk_bus is 'floppy'; it must be one of virtio, scsi, sata, ide, usb.",
            compute.Body("x").Replace(compute.ImageId, odd, StringComparison.Ordinal));

        // Another project's private image is not there.
        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Other, "POST", "/servers", compute.Body("x")), "badRequest", 400, "Can not find requested image");

        async Task RefusedAsync(string sentence, string body) =>
            ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Member, "POST", "/servers", body), "badRequest", 400, sentence);
    }

    [Fact]
    public async Task Another_projects_server_is_not_there()
    {
        var id = await compute.MakeServerAsync(SharedServer.Unique("mine"));

        foreach (var (method, path, body) in (IEnumerable<(string, string, string?)>)
            [("GET", "", null), ("DELETE", "", null), ("PUT", "", """{"server": {"name": "theirs"}}"""), ("POST", "/action", """{"os-start": null}"""), ("GET", "/os-instance-actions", null)])
        {
            ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Other, method, $"/servers/{id}{path}", body), "itemNotFound", 404, $"Instance {id} could not be found.");
        }

        Assert.DoesNotContain(id, (await ComputeServer.AskAsync(compute.Other, "GET", "/servers")).Text, StringComparison.Ordinal);
        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Other, "GET", "/servers?all_tenants=1"), "forbidden", 403,
            "Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed.");
        Assert.Contains(id, (await ComputeServer.AskAsync(compute.Admin, "GET", "/servers/detail?all_tenants=True")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(id, (await ComputeServer.AskAsync(compute.Admin, "GET", "/servers")).Text, StringComparison.Ordinal);
        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Member, "GET", "/servers/not-a-uuid"), "itemNotFound", 404, "Instance not-a-uuid could not be found.");
    }

    [Fact]
    public async Task Several_servers_are_made_at_once_and_listed_page_by_page()
    {
        var name = SharedServer.Unique("many");
        var made = await ComputeServer.AskAsync(compute.Member, "POST", "/servers", compute.Body(name, """, "min_count": 3, "return_reservation_id": true"""));
        Assert.StartsWith("r-", made.Json.GetProperty("reservation_id").GetString(), StringComparison.Ordinal);

        var first = (await ComputeServer.AskAsync(compute.Member, "GET", $"/servers?name=^{name}&sort_key=display_name&sort_dir=asc&limit=2")).Json;
        Assert.Equal([$"{name}-1", $"{name}-2"], first.GetProperty("servers").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
        var next = first.GetProperty("servers_links")[0].GetProperty("href").GetString()!;
        var second = (await compute.Member.GetAsync(new Uri(next).PathAndQuery)).Json;
        Assert.Equal([$"{name}-3"], second.GetProperty("servers").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
        Assert.False(second.TryGetProperty("servers_links", out _));
    }

    [Fact]
    public async Task A_reader_looks_and_does_not_touch()
    {
        var id = await compute.MakeServerAsync(SharedServer.Unique("vm"));
        using var reader = await compute.SignInReaderAsync();

        Assert.Equal(HttpStatusCode.OK, (await ComputeServer.AskAsync(reader, "GET", $"/servers/{id}")).Status);
        foreach (var (method, path, body, rule) in (IEnumerable<(string, string, string?, string)>)
            [
                ("POST", "/servers", compute.Body("x"), "servers:create"), ("DELETE", $"/servers/{id}", null, "servers:delete"),
                ("POST", $"/servers/{id}/action", """{"os-start": null}""", "servers:start"), ("PUT", $"/servers/{id}", """{"server": {"name": "x"}}""", "servers:update"),
                ("POST", $"/servers/{id}/metadata", """{"metadata": {}}""", "server-metadata:create"),
            ])
        {
            ComputeServer.AssertRefused(await ComputeServer.AskAsync(reader, method, path, body), "forbidden", 403,
                $"Policy doesn't allow os_compute_api:{rule} to be performed.");
        }
    }

    [Fact]
    public async Task A_deleted_server_is_gone_with_everything_of_it()
    {
        var id = await compute.MakeServerAsync(SharedServer.Unique("vm"));

        Assert.Equal(HttpStatusCode.NoContent, (await ComputeServer.AskAsync(compute.Member, "DELETE", $"/servers/{id}")).Status);

        await ComputeServer.UntilAsync(async () => (await ComputeServer.AskAsync(compute.Member, "GET", $"/servers/{id}")).Status == HttpStatusCode.NotFound);
        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Member, "DELETE", $"/servers/{id}"), "itemNotFound", 404, $"Instance {id} could not be found.");
        Assert.False(Directory.Exists(Path.Combine(compute.Server.DataDirectory, "servers", id)));
    }

    private static string Raw(JsonElement parent, string member) => parent.GetProperty(member).GetRawText();

    private static IEnumerable<string> Members(JsonElement item) => item.EnumerateObject().Select(m => m.Name).Order(StringComparer.Ordinal);
}
