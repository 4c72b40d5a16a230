using Tintype.Images.Policies;
using Tintype.Images.Records;
using Tintype.Images.Sharing;
using Tintype.Platform.Policy;
using Tintype.Tests.Images.Records;
using Xunit;

namespace Tintype.Tests.Images.Policies;

public sealed class ImagePoliciesTests
{
    [Fact]
    public void Every_rule_has_a_name_of_its_own()
    {
        var names = ImagePolicies.All.Select(r => r.Name).ToList();
        Assert.Equal(names.Distinct(), names);
        Assert.Equal(typeof(ImagePolicy).GetProperties().Concat(typeof(MetadefPolicy).GetProperties()).Count(p => p.PropertyType == typeof(PolicyRule)), names.Count);
    }

    // Of what no other test asks yet: A allowed, F forbidden, for an admin, a service, a member, and a reader.
    [Theory]
    [InlineData("get_images", "A.AA")]
    [InlineData("copy_image", "A...")]
    [InlineData("manage_image_cache", "A...")]
    [InlineData("cache_list", "A...")]
    [InlineData("cache_delete", "A...")]
    [InlineData("cache_clean", "A...")]
    [InlineData("cache_prune", "A...")]
    [InlineData("stores_info_detail", "AA..")]
    [InlineData("tasks_api_access", "A...")]
    [InlineData("get_task", "AAAA")]
    [InlineData("get_metadef_namespaces", "A.AA")]
    [InlineData("add_metadef_namespace", "A...")]
    public void Who_may_do_what_about_no_image(string rule, string expected)
    {
        var found = ImagePolicies.All.Single(r => r.Name == rule);
        Caller[] callers = [Personas.Admin, Personas.In(Personas.Owners, "service"), Personas.OwningMember, Personas.Reader(Personas.Owners)];
        Assert.Equal(expected, string.Concat(callers.Select(caller => ImagePolicies.Defaults.Allows(found, caller) ? 'A' : '.')));
    }

    // For an admin, a service of another project, the owner, the owner's reader, and a project that was offered the image.
    [Theory]
    [InlineData("copy_image", "A....")]
    [InlineData("cache_image", "A....")]
    [InlineData("list_cached_nodes", "A....")]
    [InlineData("download_from_store", "A.A.A")]
    [InlineData("get_image_location", "A.AA.")]
    [InlineData("set_image_location", "A.A..")]
    [InlineData("delete_image_location", "A....")]
    [InlineData("add_image_location", "AAA..")]
    [InlineData("fetch_image_location", "AA...")]
    public void Who_may_do_what_with_a_shared_image(string rule, string expected)
    {
        var found = ImagePolicies.All.Single(r => r.Name == rule);
        Caller[] callers =
        [
            Personas.Admin, Personas.In(Personas.Strangers, "service"), Personas.OwningMember, Personas.Reader(Personas.Owners), Personas.Member(Personas.Offered),
        ];
        Assert.Equal(expected, string.Concat(callers.Select(caller => ImagePolicies.Defaults.Allows(found, caller, TestImages.New()) ? 'A' : '.')));
    }

    [Theory]
    [InlineData("private", "AA.")]
    [InlineData("public", "AAA")]
    public void Who_reads_a_namespace(string visibility, string expected)
    {
        Caller[] callers = [Personas.Admin, Personas.Reader(Personas.Owners), Personas.Reader(Personas.Strangers)];
        Assert.Equal(expected, string.Concat(callers.Select(caller =>
            ImagePolicies.Defaults.Allows(MetadefPolicy.GetNamespace, caller, Personas.Owners, visibility) ? 'A' : '.')));
    }

    [Fact]
    public void A_policy_gives_and_takes_but_shows_no_image_that_is_anothers()
    {
        var rules = new ImageRules(Of(
            ("get_image", "not role:blind"), ("delete_image", "role:cleaner or rule:context_is_admin"), ("download_image", "!"), ("context_is_admin", "role:root")));
        var image = TestImages.New() with { Visibility = ImageVisibility.Private };
        var shared = TestImages.New() with { Visibility = ImageVisibility.Public };

        Assert.Equal(ImageVerdict.Hidden, rules.Decide(ImageAction.Show, image, Personas.Member(Personas.Strangers), false));
        Assert.Equal(ImageVerdict.Hidden, rules.Decide(ImageAction.Delete, image, Personas.In(Personas.Strangers, "cleaner"), false));
        Assert.Equal(ImageVerdict.Allowed, rules.Decide(ImageAction.Delete, shared, Personas.In(Personas.Strangers, "cleaner"), false));
        Assert.Equal(ImageVerdict.Forbidden, rules.Decide(ImageAction.Delete, image, Personas.OwningMember, false));
        Assert.Equal(ImageVerdict.Hidden, rules.Decide(ImageAction.Delete, shared, Personas.In(Personas.Owners, "blind"), false));
        // The role that was the admin's is one like any other now.
        Assert.Equal(ImageVerdict.Hidden, rules.Decide(ImageAction.Show, image, Personas.Admin, false));
        Assert.Equal(ImageVerdict.Allowed, rules.Decide(ImageAction.Delete, image, Personas.In(Personas.Strangers, "root"), false));
        Assert.Equal(ImageVerdict.Forbidden, rules.Decide(ImageAction.Download, image, Personas.In(Personas.Strangers, "root"), false));
    }

    [Fact]
    public void Those_who_were_offered_an_image_can_be_let_share_it_on()
    {
        var rules = new MemberRules(Of(("add_member", "project_id:%(project_id)s or project_id:%(member_id)s")));
        Assert.True(rules.Permits(MemberAction.Offer, TestImages.New(), Personas.Member(Personas.Offered), Personas.Strangers));
        Assert.False(rules.Permits(MemberAction.Offer, TestImages.New() with { Visibility = ImageVisibility.Public }, Personas.Member(Personas.Offered), Personas.Strangers));
    }

    [Fact]
    public void A_rule_may_name_each_attribute_of_its_target()
    {
        var image = TestImages.New() with { Owner = "", Name = null, DiskFormat = null };
        var target = new ImageTarget(image, null);
        Assert.All(ImageTarget.Kind.Attributes, name => Assert.NotNull(target.Attribute(name)));
        Assert.Equal(("None", "None", "None", "False"), (target.Attribute("owner"), target.Attribute("name"), target.Attribute("member_id"), target.Attribute("protected")));
        Assert.Null(target.Attribute("hw_disk_bus"));
        Assert.All(NamespaceTarget.Kind.Attributes, name => Assert.NotNull(new NamespaceTarget("p", "public").Attribute(name)));
    }

    private static ImagePolicies Of(params (string Name, string Check)[] overrides) =>
        new(PolicySet.Compile(ImagePolicies.All, [.. overrides.Select((o, at) => new PolicyOverride(o.Name, o.Check, at + 1))], [], "policy.yaml"));
}
