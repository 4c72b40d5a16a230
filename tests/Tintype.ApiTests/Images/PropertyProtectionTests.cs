using System.Text.Json;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images;

[Collection(Governed.Name)]
public sealed class PropertyProtectionTests(GovernedServer governed)
{
    [Fact]
    public async Task Who_may_create_change_and_remove_a_property()
    {
        AssertReserved("license", await SendAsync(governed.Member, "POST", Root, """{"license": "mine"}"""));
        // What no section matches is nobody's, the admin's neither.
        AssertReserved("other", await SendAsync(governed.Admin, "POST", Root, """{"other": "x"}"""));
        var others = await CreateAsync(governed.Member, """{"plain": "p"}""");
        AssertReserved("license", await PatchAsync(governed.Member, others, """[{"op": "add", "path": "/license", "value": "v"}]"""));

        var id = await CreateAsync(governed.Publisher, """{"license": "v1", "plain": "p"}""");
        Assert.Equal("v2", Text(await PatchAsync(governed.Publisher, id, """[{"op": "replace", "path": "/license", "value": "v2"}]"""), "license"));
        AssertReserved("license", await PatchAsync(governed.Publisher, id, """[{"op": "remove", "path": "/license"}]"""));
        AssertReserved("license", await PatchAsync(governed.Admin, id, """[{"op": "add", "path": "/license", "value": "v3"}]"""));
        // All or nothing: what was allowed before the refusal is not done either.
        AssertReserved("other", await PatchAsync(governed.Publisher, id, """[{"op": "remove", "path": "/plain"}, {"op": "add", "path": "/other", "value": "v"}]"""));
        var shown = await SendAsync(governed.Publisher, "GET", $"{Root}/{id}");
        Assert.Equal(("v2", "p"), (Text(shown, "license"), Text(shown, "plain")));
        Assert.Equal(200, (int)(await PatchAsync(governed.Publisher, id, """[{"op": "remove", "path": "/plain"}]""")).Status);
    }

    [Fact]
    public async Task What_one_may_not_read_is_neither_shown_nor_listed_nor_found_nor_lost()
    {
        var mark = SharedServer.Unique("audit");
        var made = await SendAsync(governed.Member, "POST", Root, $$"""{"name": "{{mark}}", "audit_by": "{{mark}}", "plain": "p"}""");
        var id = made.Json.GetProperty("id").GetString()!;

        Assert.Equal((null, "p"), (Text(made, "audit_by"), Text(made, "plain")));
        Assert.Null(Text(await SendAsync(governed.Member, "GET", $"{Root}/{id}"), "audit_by"));
        var listed = (await governed.Member.GetAsync($"{Root}?name={mark}")).Json.GetProperty("images")[0];
        Assert.Equal((false, true), (listed.TryGetProperty("audit_by", out _), listed.TryGetProperty("plain", out _)));
        Assert.Equal(0, (await governed.Member.GetAsync($"{Root}?audit_by={mark}")).Json.GetProperty("images").GetArrayLength());
        Assert.Equal(1, (await governed.Admin.GetAsync($"{Root}?audit_by={mark}")).Json.GetProperty("images").GetArrayLength());

        AssertFault(409, "Conflict", "There was a conflict when trying to complete your request.",
            await PatchAsync(governed.Member, id, """[{"op": "replace", "path": "/audit_by", "value": "x"}]"""), "Property audit_by does not exist.");
        AssertReserved("audit_by", await PatchAsync(governed.Member, id, """[{"op": "add", "path": "/audit_by", "value": "x"}]"""));
        Assert.Null(Text(await PatchAsync(governed.Member, id, """[{"op": "replace", "path": "/plain", "value": "q"}]"""), "audit_by"));
        Assert.Equal((mark, "q"), (Text(await SendAsync(governed.Admin, "GET", $"{Root}/{id}"), "audit_by"), Text(await SendAsync(governed.Admin, "GET", $"{Root}/{id}"), "plain")));
        Assert.Equal(200, (int)(await PatchAsync(governed.Admin, id, """[{"op": "remove", "path": "/audit_by"}]""")).Status);
    }

    private static void AssertReserved(string name, ApiAnswer answer) => AssertFault(403, "Forbidden", $"Attribute '{name}' is reserved.", answer);

    private static string? Text(ApiAnswer answer, string name)
    {
        Assert.True((int)answer.Status is 200 or 201, answer.Text);
        return answer.Json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }
}
