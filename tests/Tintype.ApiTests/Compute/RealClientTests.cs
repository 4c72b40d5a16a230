using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Compute;

/// <summary>What a member types, in Debian's own client.</summary>
[Collection(ComputeCollection.Name)]
public sealed class RealClientTests(ComputeServer compute)
{
    [Fact]
    public async Task Flavors_keypairs_and_a_server_that_could_not_be_built()
    {
        var client = new OpenStackClient(compute.Server, "tintype");
        var (key, name) = (SharedServer.Unique("key"), SharedServer.Unique("vm"));
        var flavor = (await client.JsonAsync("flavor", "list")).EnumerateArray().Single(f => f.GetProperty("RAM").GetInt32() == 256).GetProperty("Name").GetString()!;
        Assert.Contains("PRIVATE KEY", await client.RunAsync("keypair", "create", key), StringComparison.Ordinal);

        var failed = await client.TryAsync("server", "create", "--image", compute.ImageId, "--flavor", flavor, "--key-name", key, "--property", "a=b", "--wait", name);
        Assert.Contains($"Error creating server: {name}", failed.StandardError + failed.StandardOutput, StringComparison.Ordinal);

        var shown = await client.JsonAsync("server", "show", name);
        Assert.Equal(("ERROR", key), (shown.GetProperty("status").GetString(), shown.GetProperty("key_name").GetString()));
        Assert.Contains("No valid host was found", shown.GetProperty("fault").ToString(), StringComparison.Ordinal);
        var listed = Assert.Single((await client.JsonAsync("server", "list", "--name", name)).EnumerateArray());
        Assert.Equal((name, "ERROR", "small", flavor),
            (listed.GetProperty("Name").GetString(), listed.GetProperty("Status").GetString(), listed.GetProperty("Image").GetString(), listed.GetProperty("Flavor").GetString()));

        var action = Assert.Single((await client.JsonAsync("server", "event", "list", name)).EnumerateArray());
        var why = await client.JsonAsync("server", "event", "show", name, action.GetProperty("Request ID").GetString()!);
        Assert.Contains("256 MiB", why.GetProperty("message").GetString(), StringComparison.Ordinal);

        await client.RunAsync("server", "delete", "--wait", name);
        await client.RunAsync("keypair", "delete", key);
        Assert.Empty((await client.JsonAsync("server", "list", "--name", name)).EnumerateArray());
    }

    [Fact]
    public async Task A_server_without_network_needs_2_37()
    {
        var client = new OpenStackClient(compute.Server, "tintype");
        var name = SharedServer.Unique("vm");
        var made = await client.JsonAsync("--os-compute-api-version", "2.37", "server", "create", "--image", compute.ImageId, "--flavor", compute.FlavorId, "--network", "none", name);
        Assert.Equal(JsonValueKind.Object, made.ValueKind);
        await client.RunAsync("server", "delete", "--wait", name);
    }
}
