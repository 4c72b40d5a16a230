using Tintype.Server.Demo;
using Xunit;

namespace Tintype.Tests.Server;

public sealed class CloudsYamlTests
{
    [Fact]
    public void A_new_file_has_each_demo_cloud_with_what_the_client_needs()
    {
        var passwords = DemoUser.All.ToDictionary(u => u.Cloud, u => "pw-" + u.User);

        var clouds = CloudsYaml.Create(DemoUser.All, passwords, "http://127.0.0.1:9292/identity/v3");

        Assert.Equal("pw-member-one", clouds.PasswordOf("tintype"));
        Assert.Equal("pw-member-two", clouds.PasswordOf("tintype-two"));
        Assert.Equal("pw-admin", clouds.PasswordOf("tintype-admin"));
        Assert.Contains("""
              tintype-two:
                auth_type: password
                auth:
                  auth_url: http://127.0.0.1:9292/identity/v3
                  username: member-two
                  password: pw-member-two
                  project_name: two
                  user_domain_name: Default
                  project_domain_name: Default
                region_name: RegionOne
                identity_api_version: 3

            """, clouds.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_address_changes_one_value_and_leaves_the_users_own_edits()
    {
        const string Edited = """
            # mine
            clouds:
              other:
                auth: {auth_url: "http://elsewhere/v3", password: x}   # another cloud
              tintype:
                auth:
                  password: 'se cret'  # keep
                  auth_url: "http://127.0.0.1:1/identity/v3"   # of the last start
                verify: false
            # the end
            """;

        var changed = CloudsYaml.Parse(Edited).WithAuthUrl("tintype", "http://127.0.0.1:2/identity/v3").WithAuthUrl("tintype-two", "http://127.0.0.1:2/identity/v3");

        Assert.Equal(Edited.Replace("\"http://127.0.0.1:1/identity/v3\"", "http://127.0.0.1:2/identity/v3", StringComparison.Ordinal), changed.Text);
        Assert.Equal("se cret", changed.PasswordOf("tintype"));
        Assert.Same(changed, changed.WithAuthUrl("tintype", "http://127.0.0.1:2/identity/v3"));
    }

    [Fact]
    public void A_cloud_that_the_user_took_out_stays_out()
    {
        var clouds = CloudsYaml.Parse("clouds:\n  tintype:\n    auth:\n      password: a\n");

        Assert.Null(clouds.PasswordOf("tintype-two"));
        Assert.Same(clouds, clouds.WithPassword("tintype-two", "b"));
        Assert.Equal("b", clouds.WithPassword("tintype", "b").PasswordOf("tintype"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("clouds:\n")]
    [InlineData("clouds: [a]\n")]
    [InlineData("just text")]
    [InlineData("clouds:\n  tintype: nothing\n")]
    public void A_file_without_the_cloud_has_no_password_for_it(string text)
    {
        var clouds = CloudsYaml.Parse(text);

        Assert.Null(clouds.PasswordOf("tintype"));
        Assert.Equal(text, clouds.WithAuthUrl("tintype", "http://x").Text);
    }

    [Fact]
    public void What_is_not_yaml_is_refused_with_its_place()
    {
        var refusal = Assert.Throws<FormatException>(() => CloudsYaml.Parse("clouds:\n  a: [1\n"));

        Assert.StartsWith("line 3, column ", refusal.Message, StringComparison.Ordinal);
    }
}
