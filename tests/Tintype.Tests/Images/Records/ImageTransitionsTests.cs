using Tintype.Images.Records;
using Xunit;

namespace Tintype.Tests.Images.Records;

public sealed class ImageTransitionsTests
{
    [Theory]
    [InlineData("queued", "saving uploading importing active deleted")]
    [InlineData("saving", "queued active deleted")]
    [InlineData("uploading", "queued importing deleted")]
    [InlineData("importing", "queued active deleted")]
    [InlineData("active", "deactivated deleted")]
    [InlineData("deactivated", "active deleted")]
    [InlineData("deleted", "")]
    public void What_may_follow_a_state(string from, string expected)
    {
        var allowed = Enum.GetValues<ImageStatus>().Where(to => ImageTransitions.Allows(ImageWords.Status(from), to)).Select(to => to.Word());
        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(), allowed.Order());
    }

    [Theory]
    [InlineData("queued", true)]
    [InlineData("importing", true)]
    [InlineData("saving", false)]
    [InlineData("active", false)]
    [InlineData("deactivated", false)]
    public void Formats_may_change_only_while_there_is_no_data(string status, bool expected) =>
        Assert.Equal(expected, ImageTransitions.FormatsMayChange(ImageWords.Status(status)));
}
