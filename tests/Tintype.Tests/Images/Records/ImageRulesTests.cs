using Tintype.Images.Policies;
using Tintype.Images.Records;
using Xunit;

namespace Tintype.Tests.Images.Records;

public sealed class ImageRulesTests
{
    private static readonly ImageRules _rules = new(ImagePolicies.Defaults);

    private static readonly ImageAction[] _columns =
    [
        ImageAction.Show, ImageAction.Download, ImageAction.Modify, ImageAction.Tag, ImageAction.Delete, ImageAction.Upload,
        ImageAction.Publicize, ImageAction.Communitize, ImageAction.Deactivate, ImageAction.Reactivate,
        ImageAction.DeleteCopy, ImageAction.CopyToStore,
    ];

    // One letter an action, in the order of the columns above: A allowed, F forbidden (403), H hidden (404).
    [Theory]
    [InlineData("admin", "public", "AA AAAA AA AA AA")]
    [InlineData("admin", "community", "AA AAAA AA AA AA")]
    [InlineData("admin", "shared", "AA AAAA AA AA AA")]
    [InlineData("admin", "private", "AA AAAA AA AA AA")]
    [InlineData("owner", "public", "AA AAAA FA AA FF")]
    [InlineData("owner", "community", "AA AAAA FA AA FF")]
    [InlineData("owner", "shared", "AA AAAA FA AA FF")]
    [InlineData("owner", "private", "AA AAAA FA AA FF")]
    [InlineData("owner's reader", "public", "AF FFFF FF FF FF")]
    [InlineData("owner's reader", "community", "AF FFFF FF FF FF")]
    [InlineData("owner's reader", "shared", "AF FFFF FF FF FF")]
    [InlineData("owner's reader", "private", "AF FFFF FF FF FF")]
    [InlineData("offered", "public", "AA FFFF FF FF FF")]
    [InlineData("offered", "community", "AA FFFF FF FF FF")]
    [InlineData("offered", "shared", "AA FFFF FF FF FF")]
    [InlineData("offered", "private", "HH HHHH HH HH HH")]
    [InlineData("offered reader", "public", "AF FFFF FF FF FF")]
    [InlineData("offered reader", "community", "AF FFFF FF FF FF")]
    [InlineData("offered reader", "shared", "AF FFFF FF FF FF")]
    [InlineData("offered reader", "private", "HH HHHH HH HH HH")]
    [InlineData("stranger", "public", "AA FFFF FF FF FF")]
    [InlineData("stranger", "community", "AA FFFF FF FF FF")]
    [InlineData("stranger", "shared", "HH HHHH HH HH HH")]
    [InlineData("stranger", "private", "HH HHHH HH HH HH")]
    [InlineData("strange reader", "public", "AF FFFF FF FF FF")]
    [InlineData("strange reader", "community", "AF FFFF FF FF FF")]
    [InlineData("strange reader", "shared", "HH HHHH HH HH HH")]
    [InlineData("strange reader", "private", "HH HHHH HH HH HH")]
    [InlineData("owner without role", "public", "HH HHHH HH HH HH")]
    [InlineData("owner without role", "community", "HH HHHH HH HH HH")]
    [InlineData("owner without role", "shared", "HH HHHH HH HH HH")]
    [InlineData("owner without role", "private", "HH HHHH HH HH HH")]
    public void Who_may_do_what(string persona, string visibility, string expected)
    {
        var image = TestImages.New() with { Visibility = ImageWords.Visibility(visibility)!.Value };
        var offered = persona.StartsWith("offered", StringComparison.Ordinal);

        var verdicts = _columns.Select(action => _rules.Decide(action, image, Personas.Of(persona), offered).ToString()[0]);

        Assert.Equal(expected.Replace(" ", "", StringComparison.Ordinal), string.Concat(verdicts));
        Assert.Equal(Enum.GetValues<ImageAction>().Order(), _columns.Order());
    }

    [Fact]
    public void An_image_of_nobody_is_no_ones_who_has_no_project_either()
    {
        var image = TestImages.New() with { Owner = "", Visibility = ImageVisibility.Private };
        Assert.Equal(ImageVerdict.Hidden, _rules.Decide(ImageAction.Show, image, Personas.In("", "member", "reader"), false));
        Assert.Equal(ImageVerdict.Allowed, _rules.Decide(ImageAction.Show, image, Personas.Admin, false));
    }

    [Fact]
    public void Every_action_has_the_name_of_its_policy_rule() => Assert.Equal(
        ["get_image", "download_image", "modify_image", "modify_image", "delete_image", "upload_image", "publicize_image", "communitize_image", "deactivate", "reactivate",
            "delete_image_location", "copy_image"],
        _columns.Select(ImageRules.Name));
}
