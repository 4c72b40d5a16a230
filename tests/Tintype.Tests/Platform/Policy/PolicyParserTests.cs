using CsCheck;
using Tintype.Platform.Policy;
using Xunit;

namespace Tintype.Tests.Platform.Policy;

public sealed class PolicyParserTests
{
    private static readonly Caller _member = new("u1", "una", "p1", "one", "d1", ["member", "reader"]);

    private static readonly Target _target = new(new Dictionary<string, string>
    {
        ["owner"] = "p1",
        ["creator"] = "u1",
        ["visibility"] = "public",
        ["protected"] = "True",
        ["unset"] = "None",
        ["role"] = "Member",
        ["min_disk"] = "10",
    });

    [Theory]
    [InlineData("", true)]
    [InlineData("@", true)]
    [InlineData("!", false)]
    [InlineData("role:member", true)]
    [InlineData("role:MEMBER", true)]
    [InlineData("role:admin", false)]
    [InlineData("role:%(role)s", true)]
    [InlineData("project_id:%(owner)s", true)]
    [InlineData("tenant:%(owner)s", true)]
    [InlineData("project_id:p1", true)]
    [InlineData("project_id:P1", false)]
    [InlineData("user_id:%(creator)s", true)]
    [InlineData("user:%(creator)s", true)]
    [InlineData("project_domain_id:d1", true)]
    [InlineData("project_id:%(missing)s", false)]
    [InlineData("not project_id:%(missing)s", true)]
    [InlineData("'public':%(visibility)s", true)]
    [InlineData("\"public\":%(visibility)s", true)]
    [InlineData("'private':%(visibility)s", false)]
    [InlineData("True:%(protected)s", true)]
    [InlineData("False:%(protected)s", false)]
    [InlineData("None:%(unset)s", true)]
    [InlineData("10:%(min_disk)s", true)]
    [InlineData("'p1/p1':%(owner)s/%(owner)s", true)]
    [InlineData("'100%':100%%", true)]
    [InlineData("role:admin or role:member", true)]
    [InlineData("role:admin and role:member", false)]
    [InlineData("role:admin OR Role:x or role:member", null)]
    [InlineData("role:admin OR not role:admin AND role:reader", true)]
    // not before and, and before or
    [InlineData("@ or @ and !", true)]
    [InlineData("(@ or @) and !", false)]
    [InlineData("not ! and !", false)]
    [InlineData("not (! and !)", true)]
    [InlineData("not not @", true)]
    [InlineData("((role:member))", true)]
    [InlineData("\trole:member\n and\r\n (project_id:%(owner)s)", true)]
    public void Rules_are_read_as_oslo_policy_reads_them(string rule, bool? expected)
    {
        if (expected is null)
            Assert.Throws<PolicyException>(() => PolicyParser.Parse(rule));
        else
            Assert.Equal(expected, PolicyParser.Parse(rule).Allows(_member, _target));
    }

    [Theory]
    [InlineData(" ", "ends where a check such as role:admin is expected")]
    [InlineData("role:admin or", "ends where a check such as role:admin is expected")]
    [InlineData("or role:admin", "has 'or' at character 1, where a check such as role:admin is expected")]
    [InlineData("role:a and or role:b", "has 'or' at character 12, where a check such as role:admin is expected")]
    [InlineData("()", "has ')' at character 2, where a check such as role:admin is expected")]
    [InlineData("role:admin role:member", "lacks an 'and' or an 'or' before 'role:member' at character 12")]
    [InlineData("(role:admin role:member)", "lacks an 'and' or an 'or' before 'role:member' at character 13")]
    [InlineData("role:a and (role:b or role:c", "does not close the parenthesis of character 12")]
    [InlineData("role:admin)", "closes at character 11 a parenthesis that was not opened")]
    [InlineData("admin", "has 'admin', which is no check; a check is @, !, or KIND:VALUE such as role:admin")]
    [InlineData("role:", "has 'role:', which is no check; a check is @, !, or KIND:VALUE such as role:admin")]
    [InlineData(":admin", "has ':admin', which is no check; a check is @, !, or KIND:VALUE such as role:admin")]
    [InlineData("'a word'", "has ''a', which is no check; a check is @, !, or KIND:VALUE such as role:admin")]
    [InlineData("project_id:%(owner)", "'project_id:%(owner' has a '%' that begins no attribute; an attribute is written %(project_id)s, the sign itself %%")]
    [InlineData("project_id:%(owner)d", "'project_id:%(owner)d' has a '%' that begins no attribute; an attribute is written %(project_id)s, the sign itself %%")]
    [InlineData("project_id:%()s", "'project_id:%()s' has a '%' that begins no attribute; an attribute is written %(project_id)s, the sign itself %%")]
    [InlineData("project:%(owner)s", "asks for 'project', which is not known of a caller; known are role, rule, project_domain_id, project_id, tenant, user, user_id, or a literal in quotes")]
    [InlineData("roles:admin", "has 'roles:admin'; a role is asked for by role:NAME")]
    [InlineData("'a\\'b':%(owner)s", "has a backslash in the literal 'a\\'b', and none is needed")]
    [InlineData("https://example.org/check", "has 'https://example.org/check', but other servers are not asked here")]
    public void What_oslo_policy_would_silently_refuse_to_everybody_is_refused_itself(string rule, string message) =>
        Assert.Equal(message, Assert.Throws<PolicyException>(() => PolicyParser.Parse(rule)).Message);

    [Fact]
    public void Nesting_and_length_are_bounded()
    {
        static string Nested(int depth) => new string('(', depth) + "@" + new string(')', depth);

        Assert.True(PolicyParser.Parse(Nested(PolicyParser.MaximumNesting)).Allows(_member, _target));
        Assert.Equal("is nested more than 64 deep", Assert.Throws<PolicyException>(() => PolicyParser.Parse(Nested(PolicyParser.MaximumNesting + 1))).Message);
        Assert.Equal("is nested more than 64 deep",
            Assert.Throws<PolicyException>(() => PolicyParser.Parse(string.Concat(Enumerable.Repeat("not ", 4000)) + "@")).Message);
        Assert.Equal("has 16385 characters, and at most 16384 are read", Assert.Throws<PolicyException>(() => PolicyParser.Parse(new string('(', 16385))).Message);
        Assert.True(PolicyParser.Parse(string.Join(" and ", Enumerable.Repeat("@", 2000))).Allows(_member, _target));
    }

    [Fact]
    public void A_rule_means_what_its_tree_means_however_it_is_written()
    {
        var leaf = Gen.Bool.Select(value => (Text: value ? "@" : "!", Value: value));
        var tree = Gen.Recursive<(string Text, bool Value)>((depth, inner) => depth > 5 ? leaf : Gen.OneOf(
            leaf,
            inner.Select(part => ($"not ({part.Text})", !part.Value)),
            inner.Array[1, 4].Select(parts => ($"({string.Join(" and ", parts.Select(p => $"({p.Text})"))})", parts.All(p => p.Value))),
            inner.Array[1, 4].Select(parts => ($"({string.Join(" OR ", parts.Select(p => $"({p.Text})"))})", parts.Any(p => p.Value)))));
        tree.Where(t => t.Text.Length < PolicyParser.MaximumLength).Sample(t => PolicyParser.Parse(t.Text).Allows(_member, _target) == t.Value, iter: 2000, seed: "0000KhN1R7lm");
    }

    private sealed class Target(Dictionary<string, string> attributes) : IPolicyTarget
    {
        public string? Attribute(string name) => attributes.GetValueOrDefault(name);
    }
}
