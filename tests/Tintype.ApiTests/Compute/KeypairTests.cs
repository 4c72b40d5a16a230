using System.Net;
using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Compute;

[Collection(ComputeCollection.Name)]
public sealed class KeypairTests(ComputeServer compute)
{
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMHBhNVmmGqC9ML5hOQUTFIxdSp4GhF9OX7wcJaM1QW7 someone";

    [Fact]
    public async Task A_public_key_is_imported_shown_and_removed_by_its_user_alone()
    {
        var name = SharedServer.Unique("key");
        var body = $$"""{"keypair": {"name": "{{name}}", "public_key": "{{Key}}"} }""";

        var made = await ComputeServer.AskAsync(compute.Member, "POST", "/os-keypairs", body);
        Assert.Equal(HttpStatusCode.OK, made.Status);
        var keypair = made.Json.GetProperty("keypair");
        var (userId, fingerprint) = (keypair.GetProperty("user_id").GetString(), keypair.GetProperty("fingerprint").GetString());
        Assert.Equal(JsonText.Canonical($$"""
            {"keypair": {"name": "{{name}}", "public_key": "{{Key}}", "fingerprint": "{{fingerprint}}", "user_id": "{{userId}}"} }
            """), JsonText.Canonical(made.Text));
        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Member, "POST", "/os-keypairs", body), "conflictingRequest", 409, $"Key pair '{name}' already exists.");

        var shown = (await ComputeServer.AskAsync(compute.Member, "GET", $"/os-keypairs/{name}", minor: 2)).Json.GetProperty("keypair");
        Assert.Equal(["created_at", "deleted", "deleted_at", "fingerprint", "id", "name", "public_key", "type", "updated_at", "user_id"],
            shown.EnumerateObject().Select(m => m.Name).Order(StringComparer.Ordinal));
        Assert.Equal(("ssh", JsonValueKind.False, JsonValueKind.Null), (shown.GetProperty("type").GetString(), shown.GetProperty("deleted").ValueKind, shown.GetProperty("deleted_at").ValueKind));
        Assert.Contains(name, (await ComputeServer.AskAsync(compute.Member, "GET", "/os-keypairs", minor: 35)).Text, StringComparison.Ordinal);

        Assert.Equal("""{"keypairs":[]}""", (await ComputeServer.AskAsync(compute.Other, "GET", "/os-keypairs")).Text);
        Assert.Equal(HttpStatusCode.NotFound, (await ComputeServer.AskAsync(compute.Other, "DELETE", $"/os-keypairs/{name}")).Status);
        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Other, "GET", $"/os-keypairs?user_id={userId}", minor: 10), "forbidden", 403,
            "Policy doesn't allow os_compute_api:os-keypairs:index to be performed.");
        Assert.Contains(name, (await ComputeServer.AskAsync(compute.Admin, "GET", $"/os-keypairs?user_id={userId}", minor: 10)).Text, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.Accepted, (await ComputeServer.AskAsync(compute.Member, "DELETE", $"/os-keypairs/{name}")).Status);
        ComputeServer.AssertRefused(await ComputeServer.AskAsync(compute.Member, "DELETE", $"/os-keypairs/{name}", minor: 2), "itemNotFound", 404,
            $"Keypair {name} not found for user {userId}");
    }

    [Fact]
    public async Task Without_a_public_key_a_pair_is_made_until_2_92_asks_for_one()
    {
        var name = SharedServer.Unique("made");

        var made = await ComputeServer.AskAsync(compute.Member, "POST", "/os-keypairs", $$"""{"keypair": {"name": "{{name}}", "type": "ssh"} }""", minor: 2);
        Assert.Equal(HttpStatusCode.Created, made.Status);
        Assert.StartsWith("-----BEGIN RSA PRIVATE KEY-----", made.Json.GetProperty("keypair").GetProperty("private_key").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("private", (await ComputeServer.AskAsync(compute.Member, "GET", $"/os-keypairs/{name}")).Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, (await ComputeServer.AskAsync(compute.Member, "DELETE", $"/os-keypairs/{name}", minor: 2)).Status);

        var newest = await ComputeServer.AskAsync(compute.Member, "POST", "/os-keypairs", $$"""{"keypair": {"name": "{{name}}"} }""", minor: 92);
        Assert.Equal(HttpStatusCode.BadRequest, newest.Status);
        Assert.Contains("'public_key' is a required property", newest.Json.GetProperty("badRequest").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"keypair": {"name": "a.b", "public_key": "x"}}""", 1, "it must be letters, digits, blanks, '_' and '-'")]
    [InlineData("""{"keypair": {"name": "ab", "public_key": "nonsense"}}""", 1, "Keypair data is invalid: failed to generate fingerprint")]
    [InlineData("""{"keypair": {"name": "ab", "type": "x509"}}""", 2, "'x509' is not one of 'ssh'")]
    [InlineData("""{"keypair": {"name": "ab", "type": "ssh"}}""", 1, "Additional properties are not allowed ('type' was unexpected)")]
    public async Task A_wrong_keypair_is_refused(string body, int minor, string sentence)
    {
        var answer = await ComputeServer.AskAsync(compute.Member, "POST", "/os-keypairs", body, minor);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(sentence, answer.Json.GetProperty("badRequest").GetProperty("message").GetString(), StringComparison.Ordinal);
    }
}
