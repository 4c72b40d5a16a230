using System.Net;
using Microsoft.Extensions.Options;
using Tintype.Images.Import.WebDownload;
using Tintype.Platform.Http;
using Xunit;

namespace Tintype.Tests.Images.Import;

public sealed class DownloadRulesTests
{
    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2a00:1450:4001::1", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("127.8.8.8", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.0", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("64:ff9b::10.0.0.1", false)]
    [InlineData("64:ff9b::8.8.8.8", true)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("::10.0.0.1", false)]
    public void An_address_is_public_or_not_by_what_it_stands_for(string address, bool expected) =>
        Assert.Equal(expected, PublicAddress.Is(PublicAddress.Embedded(IPAddress.Parse(address))));

    [Theory]
    [InlineData("http://example.org/x")]
    [InlineData("https://example.org:443/x")]
    [InlineData("http://8.8.8.8/x")]
    [InlineData("HTTP://EXAMPLE.ORG./x")]
    public void What_is_on_the_internet_may_be_fetched(string url) => Assert.NotNull(Rules(_ => { }).Check(url));

    [Theory]
    [InlineData("http://127.1/x", "127.0.0.1 is not a public address")]
    [InlineData("http://0177.0.0.1/x", "127.0.0.1 is not a public address")]
    [InlineData("http://[64:ff9b::7f00:1]/x", "is not a public address")]
    [InlineData("gopher://example.org/x", "the scheme gopher is not allowed")]
    [InlineData("file:///etc/passwd", "it is no URL")]
    [InlineData("http://example.org:8080/x", "the port 8080 is not allowed")]
    public void What_leads_elsewhere_may_not(string url, string reason) =>
        Assert.EndsWith($"{reason})", Refused(Rules(_ => { }), url), StringComparison.Ordinal);

    [Fact]
    public void What_is_allowed_wins_over_what_is_refused()
    {
        var allowed = Rules(o =>
        {
            o.AllowedHosts.Add("images.lan");
            o.DisallowedHosts.Add("images.lan");
            o.DisallowedPorts.Add(22);
        });
        Assert.NotNull(allowed.Check("http://images.lan:8080/x"));
        Assert.Contains("the host example.org is not allowed", Refused(allowed, "http://example.org/x"), StringComparison.Ordinal);
        Assert.Contains("the port 22 is not allowed", Refused(allowed, "http://images.lan:22/x"), StringComparison.Ordinal);
        // Whoever names a host by hand means it, wherever it is.
        Assert.True(allowed.Permits(IPAddress.Parse("10.0.0.1"), "images.lan"));
        Assert.False(allowed.Permits(IPAddress.Parse("10.0.0.1"), "example.org"));
    }

    [Fact]
    public void What_cannot_be_fetched_is_not_allowed_either()
    {
        Assert.Contains("'ftp'; there is http, https.", Assert.Throws<InvalidOperationException>(() => Rules(o => o.AllowedSchemes.Add("ftp"))).Message, StringComparison.Ordinal);
        Assert.Contains("nothing can be fetched by ftp", Refused(Rules(o => o.DisallowedSchemes.Add("http")), "ftp://example.org:443/x"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_that_is_allowed_is_allowed_and_no_other()
    {
        var rules = Rules(o => o.AllowedNetworks.Add("10.1.0.0/16"));
        Assert.NotNull(rules.Check("http://10.1.2.3/x"));
        Assert.True(rules.Permits(IPAddress.Parse("::ffff:10.1.2.3"), "x"));
        Assert.Contains("10.2.0.1 is not a public address", Refused(rules, "http://10.2.0.1/x"), StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => Rules(o => o.AllowedNetworks.Add("ten")));
    }

    private static DownloadRules Rules(Action<DownloadOptions> configure)
    {
        var options = new DownloadOptions();
        configure(options);
        return new DownloadRules(Options.Create(options));
    }

    private static string Refused(DownloadRules rules, string url) => Assert.Throws<Fault>(() => rules.Check(url)).Message;
}
