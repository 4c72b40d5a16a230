using Microsoft.Extensions.Configuration;
using Tintype.Server;
using Xunit;

namespace Tintype.Tests.Server;

public sealed class ServerSettingsTests
{
    [Theory]
    [InlineData("127.0.0.1:9292", "127.0.0.1:9292")]
    [InlineData("0.0.0.0:0", "0.0.0.0:0")]
    [InlineData("localhost:80", "127.0.0.1:80")]
    [InlineData("[::1]:80", "[::1]:80")]
    public void The_address_is_host_and_port(string text, string expected) => Assert.Equal(expected, ServerSettings.ParseListen(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("9292")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:70000")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("::1:80")]
    [InlineData("example.org:80")]
    public void Anything_else_is_refused_with_an_example(string text)
    {
        var refusal = Assert.Throws<InvalidOperationException>(() => ServerSettings.ParseListen(text));

        Assert.Equal($"--listen {text} is not HOST:PORT with a numeric address; for example 127.0.0.1:9292.", refusal.Message);
    }

    [Fact]
    public void The_command_line_wins()
    {
        using var configuration = new ConfigurationManager();
        configuration["listen"] = "127.0.0.1:1";

        var settings = ServerSettings.Load(configuration, ["--data", "/tmp/some/../where", "--listen=127.0.0.1:2", "--passwords", "new", "--Demo:GuestImage=g"]);

        Assert.Equal(("127.0.0.1:2", "/tmp/where", true), (settings.Listen.ToString(), settings.DataDirectory, settings.NewPasswords));
        Assert.Equal("g", configuration["Demo:GuestImage"]);
    }

    [Theory]
    [InlineData("--dta=/x", "--dta is unknown. There are --listen, --data, --config, --passwords, and settings such as --Demo:Name VALUE.")]
    [InlineData("--Dmo:GuestImage=/x", "--Dmo:GuestImage is unknown. There are --listen, --data, --config, --passwords, and settings such as --Demo:Name VALUE.")]
    [InlineData("up", "'up' is not an option. There are --listen, --data, --config, --passwords, and settings such as --Demo:Name VALUE.")]
    [InlineData("--data", "--data needs a value.")]
    [InlineData("--passwords=old", "--passwords old is not known; the only word for it is 'new'.")]
    [InlineData("--config=/no/such.json", "--config /no/such.json does not exist.")]
    public void A_mistyped_option_ends_the_start(string argument, string sentence)
    {
        using var configuration = new ConfigurationManager();

        Assert.Equal(sentence, Assert.Throws<InvalidOperationException>(() => ServerSettings.Load(configuration, [argument])).Message);
    }
}
