using Tintype.Images.Metadefs;
using Tintype.Images.Metadefs.Namespaces;
using Tintype.Images.Policies;
using Tintype.Platform.Policy;
using Xunit;

namespace Tintype.Tests.Images.Metadefs;

public sealed class MetadefRulesTests
{
    private static readonly MetadefRules _rules = new(ImagePolicies.Defaults);

    [Theory]
    [InlineData("admin", true, true)]
    [InlineData("owner", true, true)]
    [InlineData("owner's reader", true, true)]
    [InlineData("stranger", true, false)]
    [InlineData("strange reader", true, false)]
    [InlineData("owner without role", false, false)]
    public void Who_sees_a_namespace(string persona, bool isPublic, bool isPrivate)
    {
        Assert.Equal(isPublic, _rules.Sees(Namespace(true), Personas.Of(persona)));
        Assert.Equal(isPrivate, _rules.Sees(Namespace(false), Personas.Of(persona)));
    }

    [Theory]
    [InlineData("admin", true)]
    [InlineData("owner", false)]
    [InlineData("owner's reader", false)]
    [InlineData("stranger", false)]
    public void Only_administrators_write_by_default(string persona, bool expected)
    {
        foreach (var rule in (PolicyRule[])[MetadefPolicy.ModifyNamespace, MetadefPolicy.AddObject, MetadefPolicy.RemoveProperty, MetadefPolicy.DeleteTags])
            Assert.Equal(expected, _rules.Allows(rule, Personas.Of(persona), Namespace(true)));
    }

    // An operator lets owners write tags of their own.
    [Fact]
    public void An_operator_may_say_otherwise()
    {
        var rules = new MetadefRules(new ImagePolicies(PolicySet.Compile(ImagePolicies.All,
            [new PolicyOverride("add_metadef_tag", "role:member and project_id:%(project_id)s", 1)], [], "policy.yaml")));
        Assert.True(rules.Allows(MetadefPolicy.AddTag, Personas.OwningMember, Namespace(false)));
        Assert.False(rules.Allows(MetadefPolicy.AddTag, Personas.Member(Personas.Strangers), Namespace(true)));
        Assert.False(rules.Allows(MetadefPolicy.AddTags, Personas.OwningMember, Namespace(false)));
    }

    private static MetadefNamespace Namespace(bool isPublic) => new(1, "N", null, null, isPublic, false, Personas.Owners, default, default);
}
