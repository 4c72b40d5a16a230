using Xunit;

namespace Tintype.Tests.Scripts;

/// <summary>
/// What <c>./dev up</c> makes of a machine that lacks something: in a clone of the scripts alone, where the programs that look at the
/// machine and change it are stand-ins, and so is the server.
/// </summary>
public sealed class UpTests : IDisposable
{
    private const string ForGuests = "genisoimage ipxe-qemu qemu-system-x86 qemu-utils seabios util-linux";
    private const string ForTheDemoGuest = "cpio e2fsprogs fakeroot fdisk grub-common grub-pc-bin gzip kmod xz-utils zstd";
    private const string Client = "curl python3-openstackclient";

    private readonly ScriptMachine _machine = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task Without_root_and_sudo_the_packages_are_named_and_it_goes_on_with_images_alone()
    {
        _machine.Sudo = false;

        var (exitCode, said) = await _machine.RunAsync("up", Ct, "--listen", "127.0.0.1:1234");

        Assert.Equal(0, exitCode);
        Assert.Contains($"tintype: installing needs root or sudo, and there is neither. As root:  apt-get install --no-install-recommends {Client} \n", said, StringComparison.Ordinal);
        Assert.Contains("tintype: going on without the OpenStack client\n", said, StringComparison.Ordinal);
        Assert.Contains($"As root:  apt-get install --no-install-recommends {Sorted(ForGuests, ForTheDemoGuest)} \n", said, StringComparison.Ordinal);
        Assert.Contains("tintype: going on with images alone: guests are off until these packages are there\n", said, StringComparison.Ordinal);
        Assert.EndsWith("the server: --listen 127.0.0.1:1234\n", said, StringComparison.Ordinal);
        Assert.Empty(_machine.Done);
    }

    [Fact]
    public async Task Guests_are_not_off_for_want_of_what_only_the_demo_guest_is_built_with()
    {
        _machine.Sudo = false;
        _machine.Installed = Sorted(ForGuests, Client);

        var (exitCode, said) = await _machine.RunAsync("up", Ct);

        Assert.Equal(0, exitCode);
        Assert.Contains($"apt-get install --no-install-recommends {ForTheDemoGuest} \n", said, StringComparison.Ordinal);
        Assert.DoesNotContain("guests are off", said, StringComparison.Ordinal);
        Assert.Contains("tintype: the demo guest could not be built; going on without it\n", said, StringComparison.Ordinal);
        Assert.EndsWith("the server: \n", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_missing_is_installed_and_said_with_its_purpose()
    {
        _machine.Installed = Sorted(ForGuests);
        _machine.CanBuildGuests = true;

        var (exitCode, said) = await _machine.RunAsync("up", Ct);

        Assert.Equal(0, exitCode);
        Assert.Contains($"tintype: missing: {ForTheDemoGuest} \n", said, StringComparison.Ordinal);
        Assert.Contains("tintype:   to build the demo guest from Debian's own packages: ", said, StringComparison.Ordinal);
        Assert.Equal([$"install {Client}", $"install {ForTheDemoGuest}"], _machine.Done);
        Assert.EndsWith($"the server: --Demo:GuestImage={_machine.Clone}/artifacts/guest/demo.qcow2\n", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_of_packages_that_is_too_old_is_fetched_anew()
    {
        _machine.Installed = Sorted(ForGuests, ForTheDemoGuest);
        _machine.CanBuildGuests = true;
        _machine.ListIsOld = true;

        var (exitCode, said) = await _machine.RunAsync("up", Ct);

        Assert.Equal(0, exitCode);
        Assert.Contains("tintype: a first try failed; fetching the list of packages and trying again\n", said, StringComparison.Ordinal);
        Assert.Equal([$"install {Client}", "update", $"install {Client}"], _machine.Done);
    }

    [Theory]
    [InlineData("--port", "unknown option '--port'")]
    [InlineData("--data", "--data needs a value")]
    public async Task A_wrong_option_ends_it_with_a_sentence(string option, string sentence)
    {
        var (exitCode, said) = await _machine.RunAsync("up", Ct, option);

        Assert.Equal(2, exitCode);
        Assert.StartsWith($"tintype: {sentence}", said, StringComparison.Ordinal);
    }

    private static string Sorted(params string[] packages) =>
        string.Join(' ', packages.SelectMany(p => p.Split(' ')).Order(StringComparer.Ordinal));
}
