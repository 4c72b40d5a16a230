using System.Text.Json;
using Tintype.Identity.Tokens;
using Tintype.Platform.Http;
using Tintype.Protocol.Identity;
using Xunit;

namespace Tintype.Tests.Identity;

public sealed class SignInTests
{
    private const string ByName = """{"methods": ["password"], "password": {"user": {"name": "u", "password": "p", "domain": {"name": "Default"}}}}""";

    [Fact]
    public void User_and_project_are_given_by_name_or_by_id()
    {
        var byName = Read(ByName, """{"project": {"name": "one", "domain": {"id": "default"}}}""");
        Assert.Equal(new Identified(null, "u", null, "Default"), byName.Password!.Value.User);
        Assert.Equal("p", byName.Password.Value.Password);
        Assert.Equal(new SignInScope(new Identified(null, "one", "default", null), IsExplicit: true), byName.Scope);

        var byId = Read("""{"methods": ["password"], "password": {"user": {"id": "u1", "password": "p"}}}""", """{"project": {"id": "p1"}}""");
        Assert.Equal(new Identified("u1", null, null, null), byId.Password!.Value.User);
        Assert.Equal(new Identified("p1", null, null, null), byId.Scope.Project);
    }

    [Theory]
    [InlineData("null", false)]
    [InlineData("\"unscoped\"", true)]
    [InlineData("""{"unscoped": {}}""", true)]
    public void Without_a_project_it_is_unscoped_or_left_to_the_default(string scope, bool isExplicit) =>
        Assert.Equal(new SignInScope(null, isExplicit), Read(ByName, scope).Scope);

    [Theory]
    [InlineData("""{}""", "'auth'")]
    [InlineData("""{"auth": {}}""", "'identity'")]
    [InlineData("""{"auth": {"identity": {}}}""", "'methods'")]
    [InlineData("""{"auth": {"identity": {"methods": []}}}""", "'methods'")]
    [InlineData("""{"auth": {"identity": {"methods": ["password"]}}}""", "'user'")]
    [InlineData("""{"auth": {"identity": {"methods": ["password"], "password": {"user": {"password": "p"}}}}}""", "'id' or 'name'")]
    [InlineData("""{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "u", "password": "p"}}}}}""", "'domain'")]
    [InlineData("""{"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": "u"}}}}}""", "'password'")]
    [InlineData("""{"auth": {"identity": {"methods": ["token"]}}}""", "'id' in 'auth.identity.token'")]
    [InlineData("""{"auth": {"identity": {"methods": ["token"], "token": {"id": "t"}}, "scope": {}}}""", "'project'")]
    [InlineData("""{"auth": {"identity": {"methods": ["token"], "token": {"id": "t"}}, "scope": {"project": {}}}}""", "'auth.scope.project'")]
    [InlineData("""{"auth": {"identity": {"methods": ["token"], "token": {"id": "t"}}, "scope": 7}}""", "'auth.scope'")]
    [InlineData("""{"auth": {"identity": {"methods": ["token"], "token": {"id": "t"}}, "scope": {"project": "one"}}}""", "'auth.scope'")]
    public void What_is_missing_is_named(string request, string named)
    {
        var fault = Assert.Throws<Fault>(() => SignIn.Read(JsonSerializer.Deserialize(request, IdentityJson.Default.AuthRequest)!));

        Assert.Equal(FaultKind.BadRequest, fault.Kind);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_method_that_is_not_offered_is_refused_as_such()
    {
        var fault = Assert.Throws<Fault>(() => Read("""{"methods": ["password", "totp"]}""", "null"));

        Assert.Equal((FaultKind.Unauthorized, "Attempted to authenticate with an unsupported method."), (fault.Kind, fault.Message));
    }

    [Theory]
    [InlineData("""{"domain": {"id": "default"}}""")]
    [InlineData("""{"system": {"all": true}}""")]
    public void Nobody_may_scope_to_the_domain_or_the_system(string scope) =>
        Assert.Equal(FaultKind.Unauthorized, Assert.Throws<Fault>(() => Read(ByName, scope)).Kind);

    private static SignIn Read(string identity, string scope) => SignIn.Read(JsonSerializer.Deserialize(
        "{\"auth\": {\"identity\": " + identity + ", \"scope\": " + scope + "}}", IdentityJson.Default.AuthRequest)!);
}
