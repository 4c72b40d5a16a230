using Tintype.Images.Policies;
using Tintype.Images.Sharing;
using Tintype.Tests.Images.Records;
using Xunit;

namespace Tintype.Tests.Images.Sharing;

public sealed class MemberRulesTests
{
    private static readonly MemberRules _rules = new(ImagePolicies.Defaults);

    private static readonly MemberAction[] _columns = [MemberAction.List, MemberAction.Show, MemberAction.Offer, MemberAction.Withdraw, MemberAction.Answer];

    // Of those who see a shared image. One letter an action, in the order of the columns above: A allowed, F forbidden.
    [Theory]
    [InlineData("admin", "AA AA A")]
    [InlineData("owner", "AA AA F")]
    [InlineData("owner's reader", "AA FF F")]
    [InlineData("offered", "AA FF A")]
    [InlineData("offered reader", "AA FF F")]
    public void Who_may_do_what_with_the_offer_to_a_project(string persona, string expected)
    {
        var image = TestImages.New();
        var verdicts = _columns.Select(action => _rules.Permits(action, image, Personas.Of(persona), Personas.Offered) ? 'A' : 'F');
        Assert.Equal(expected.Replace(" ", "", StringComparison.Ordinal), string.Concat(verdicts));
    }

    [Fact]
    public void A_project_answers_for_itself_alone() =>
        Assert.False(_rules.Permits(MemberAction.Answer, TestImages.New(), Personas.Member(Personas.Offered), Personas.Strangers));

    [Theory]
    [InlineData("admin", true)]
    [InlineData("owner", true)]
    [InlineData("owner's reader", true)]
    [InlineData("offered", false)]
    public void Offers_to_others_are_seen_by_the_owner(string persona, bool expected) =>
        Assert.Equal(expected, _rules.Sees(TestImages.New(), Personas.Of(persona), "44444444444444444444444444444444"));
}
