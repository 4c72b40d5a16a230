using Tintype.Snapshots.Verification;
using Xunit;

namespace Tintype.Tests.Snapshots;

public sealed class LoginPromptTests
{
    [Theory]
    [InlineData("Debian GNU/Linux 12 vm ttyS0\r\n\r\nvm login: ")]
    [InlineData("\nlogin: ")]
    [InlineData("\nmy-host.example.org login: [   31.402] eth0: link up\r\n")]
    [InlineData("\x1b[0m\x1b[?25h\r\nvm login: \r\n[   40.0] random: crng init done")]
    [InlineData("\nWelcome to Alpine Linux 3.20\r\nKernel 6.6\r\n\r\nlocalhost login: ")]
    [InlineData("\nvm login: root (automatic login)\r\n")]
    public void A_gettys_prompt_is_one(string console) => Assert.True(LoginPrompt.IsIn(console));

    [Theory]
    [InlineData("")]
    [InlineData("[    4.2] systemd-logind[312]: New seat seat0.")]
    [InlineData("\nLast login: Mon Nov 23 20:38:13 UTC 2026 on ttyS0\r\n")]
    [InlineData("\nStarting login: done\r\n")]
    [InlineData("GRUB loading.\r\nWelcome to GRUB!\r\n")]
    public void Other_lines_are_none(string console) => Assert.False(LoginPrompt.IsIn(console));
}
