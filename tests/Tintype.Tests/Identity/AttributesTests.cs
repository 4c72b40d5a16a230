using Tintype.Identity.Projects;
using Tintype.Identity.Users;
using Tintype.Platform.Http;
using Xunit;

namespace Tintype.Tests.Identity;

public sealed class AttributesTests
{
    [Fact]
    public void A_new_project_has_what_was_given_and_keeps_what_is_unknown()
    {
        var project = ProjectChanges.Create(IdentityWorld.AttributesOf("""
            {"name": " lab ", "id": "mine", "links": {}, "tags": ["b", "a", "b"], "is_domain": false, "parent_id": "default", "options": {}, "cost_centre": 7}
            """, "project"));

        Assert.Equal(("lab", "default", true), (project.Name, project.DomainId, project.Enabled));
        Assert.Matches("^[0-9a-f]{32}$", project.Id);
        Assert.Equal(["a", "b"], project.Tags);
        Assert.Equal(["cost_centre", "description"], project.Extra.Keys.Order());
        Assert.Equal("", project.Extra["description"].GetString());
    }

    [Fact]
    public void A_change_touches_only_what_it_names_and_null_takes_away()
    {
        var before = UserChanges.Create(IdentityWorld.AttributesOf("""{"name": "u", "email": "a@b", "description": "d", "default_project_id": "p"}""", "user"));
        var after = UserChanges.Apply(before, IdentityWorld.AttributesOf("""{"email": null, "description": "e", "default_project_id": null}""", "user"));

        Assert.Equal((before.Id, "u", true, null), (after.Id, after.Name, after.Enabled, after.DefaultProjectId));
        Assert.Equal(["description"], after.Extra.Keys);
        Assert.Equal("e", after.Extra["description"].GetString());
    }

    [Theory]
    [InlineData("""{}""", "'name'")]
    [InlineData("""{"name": ""}""", "'name'")]
    [InlineData("""{"name": "  "}""", "'name'")]
    [InlineData("""{"name": 7}""", "not 7")]
    [InlineData("""{"name": "a", "enabled": "yes"}""", "not \"yes\"")]
    [InlineData("""{"name": "a", "description": 7}""", "'description'")]
    [InlineData("""{"name": "a", "tags": ["a,b"]}""", "'tags'")]
    [InlineData("""{"name": "a", "is_domain": true}""", "is_domain")]
    [InlineData("""{"name": "a", "parent_id": "other"}""", "other")]
    [InlineData("""{"name": "a", "options": {"immutable": true}}""", "'immutable'")]
    public void A_wrong_project_is_refused_with_the_name_of_what_is_wrong(string json, string named)
    {
        var fault = Assert.Throws<Fault>(() => ProjectChanges.Create(IdentityWorld.AttributesOf(json, "project")));

        Assert.Equal(FaultKind.BadRequest, fault.Kind);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_may_have_64_characters_and_no_more()
    {
        var name = new string('x', 64);
        Assert.Equal(name, ProjectChanges.Create(IdentityWorld.AttributesOf($$"""{"name": "{{name}}"}""", "project")).Name);
        Assert.Throws<Fault>(() => ProjectChanges.Create(IdentityWorld.AttributesOf($$"""{"name": "{{name}}x"}""", "project")));
    }

    [Fact]
    public void A_refused_password_is_not_repeated()
    {
        var fault = Assert.Throws<Fault>(() => IdentityWorld.AttributesOf("""{"password": 4711}""", "user").TakePassword());

        Assert.DoesNotContain("4711", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("id", "\"other\"")]
    [InlineData("domain_id", "\"other\"")]
    public void What_is_fixed_cannot_be_changed(string member, string value)
    {
        var before = UserChanges.Create(IdentityWorld.AttributesOf("""{"name": "u"}""", "user"));
        var fault = Assert.Throws<Fault>(() => UserChanges.Apply(before, IdentityWorld.AttributesOf("{\"" + member + "\": " + value + "}", "user")));

        Assert.Equal(FaultKind.BadRequest, fault.Kind);
    }

    [Theory]
    [InlineData(new[] { "a", "b" }, null, null, null, true)]
    [InlineData(new[] { "a", "c" }, null, null, null, false)]
    [InlineData(null, new[] { "c", "b" }, null, null, true)]
    [InlineData(null, new[] { "c" }, null, null, false)]
    [InlineData(null, null, new[] { "a", "c" }, null, true)]
    [InlineData(null, null, new[] { "a", "b" }, null, false)]
    [InlineData(null, null, null, new[] { "c" }, true)]
    [InlineData(null, null, null, new[] { "a", "c" }, false)]
    public void Projects_are_filtered_by_tags_in_four_ways(string[]? all, string[]? any, string[]? notAll, string[]? notAny, bool accepted) =>
        Assert.Equal(accepted, new TagFilter(all, any, notAll, notAny).Accepts(["a", "b"]));
}
