using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images;

/// <summary>The real client's image commands, as the user's page writes them.</summary>
public sealed class ImageCommandTests(SharedServer shared)
{
    [Fact]
    public async Task An_image_is_made_described_shared_and_deleted()
    {
        var one = new OpenStackClient(shared.Server, "tintype");
        var two = new OpenStackClient(shared.Server, "tintype-two");
        var name = SharedServer.Unique("disk");

        var created = await one.JsonAsync("image", "create", "--disk-format", "raw", "--container-format", "bare", "--property", "visibility=private",
            "--property", "hw_disk_bus=scsi", "--tag", "t1", name);
        var id = created.GetProperty("id").GetString()!;
        Assert.Equal("private", created.GetProperty("visibility").GetString());
        Assert.Equal("scsi", created.GetProperty("properties").GetProperty("hw_disk_bus").GetString());

        await one.RunAsync("image", "set", "--property", "hw_scsi_model=virtio-scsi", "--tag", "t2", "--min-disk", "1", name);
        await one.RunAsync("image", "unset", "--property", "hw_disk_bus", "--tag", "t1", name);
        var changed = await one.JsonAsync("image", "show", name);
        Assert.Equal((1, "t2"), (changed.GetProperty("min_disk").GetInt32(), string.Join(' ', changed.GetProperty("tags").EnumerateArray())));
        Assert.Equal("virtio-scsi", changed.GetProperty("properties").GetProperty("hw_scsi_model").GetString());
        Assert.False(changed.GetProperty("properties").TryGetProperty("hw_disk_bus", out _));

        await one.RunAsync("image", "set", "--shared", name);
        var project = ApiClient.Credentials(shared.Server, "tintype-two").Project;
        Assert.Equal("pending", (await one.JsonAsync("image", "add", "project", name, project)).GetProperty("status").GetString());
        Assert.DoesNotContain(id, Ids(await two.JsonAsync("image", "list")));
        await two.RunAsync("image", "set", "--accept", id);
        Assert.Contains(id, Ids(await two.JsonAsync("image", "list")));

        await one.RunAsync("image", "set", "--community", name);
        Assert.Contains(id, Ids(await two.JsonAsync("image", "list", "--community")));
        var refused = await one.TryAsync("image", "set", "--public", name);
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("HttpException: 403", refused.StandardError, StringComparison.Ordinal);

        await one.RunAsync("image", "delete", name);
        Assert.Equal(1, (await one.TryAsync("image", "show", name)).ExitCode);
    }

    private static IEnumerable<string?> Ids(JsonElement list) => list.EnumerateArray().Select(i => i.GetProperty("ID").GetString());
}
