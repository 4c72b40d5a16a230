using Tintype.Compute.Servers;
using Tintype.Snapshots.Preflight;
using Xunit;

namespace Tintype.Tests.Snapshots;

public sealed class PreflightRulesTests
{
    [Theory]
    // running, channel, answers, required
    [InlineData(true, true, true, true, "Go")]
    [InlineData(true, true, true, false, "Go")]
    [InlineData(true, true, false, true, "AgentSilent")]
    [InlineData(true, true, false, false, "Go")]
    [InlineData(true, false, false, true, "NoAgentChannel")]
    [InlineData(true, false, false, false, "Go")]
    [InlineData(false, false, false, true, "Go")]
    [InlineData(false, false, false, false, "Go")]
    public void Only_a_running_guest_that_must_be_quiesced_and_cannot_be_is_refused(bool running, bool channel, bool answers, bool required, string verdict) =>
        Assert.Equal(verdict, PreflightRules.Judge(new PreflightFindings(running, LastStop.None, channel, answers, required)).ToString());

    [Theory]
    [InlineData(true, true, LastStop.None, "filesystem")]
    [InlineData(true, true, LastStop.Clean, "filesystem")]
    [InlineData(true, false, LastStop.Clean, "crash")]
    [InlineData(false, false, LastStop.Clean, "offline")]
    [InlineData(false, false, LastStop.Crash, "crash")]
    [InlineData(false, false, LastStop.None, "crash")]
    public void What_is_promised_is_what_the_guest_allows(bool running, bool answers, LastStop lastStop, string consistency) =>
        Assert.Equal(consistency, PreflightRules.Expect(new PreflightFindings(running, lastStop, answers, answers, false)).ToWord());

    [Theory]
    [InlineData("yes", true)]
    [InlineData("Yes", true)]
    [InlineData(" TRUE ", true)]
    [InlineData("1", true)]
    [InlineData("on", true)]
    [InlineData("y", true)]
    [InlineData("t", true)]
    [InlineData("no", false)]
    [InlineData("0", false)]
    [InlineData("", false)]
    [InlineData("certainly", false)]
    public void A_boolean_property_is_read_as_nova_reads_it(string value, bool expected) =>
        Assert.Equal(expected, PreflightRules.IsYes(new Dictionary<string, string> { ["os_require_quiesce"] = value }, "os_require_quiesce"));

    [Fact]
    public void A_property_that_is_not_there_is_no() => Assert.False(PreflightRules.IsYes(new Dictionary<string, string>(), "os_require_quiesce"));
}
