using Tintype.Images.Policies;
using Tintype.Images.Protections;
using Tintype.Platform.Policy;
using Xunit;

namespace Tintype.Tests.Images.Protections;

public sealed class ProtectionFileTests
{
    private const string Open = "create = @\nread = @\nupdate = @\ndelete = @\n";

    private static readonly Caller _vendor = Personas.In(Personas.Owners, "vendor", "reader");

    [Fact]
    public void The_first_section_that_matches_decides_and_none_refuses_everybody()
    {
        var protections = new PropertyProtections(Parse("""
            # licences
            [^license_.*]
            create = admin, Vendor
            read = @
            Update : vendor
            delete = !
            ; the vendor's other words
            [secret]
            create = vendor
            read = vendor
            update =
            delete = vendor
            [^license]
            create = @
            read = !
            update = @
            delete = @
            """));

        Assert.Equal("VRU.", Allowed(protections, "license_key", _vendor));
        Assert.Equal(".R..", Allowed(protections, "license_key", Personas.OwningMember));
        Assert.Equal("VR..", Allowed(protections, "license_key", Personas.Admin));
        Assert.Equal("V.UD", Allowed(protections, "license", Personas.OwningMember));
        // Sought anywhere in the name, and an operation without words is nobody's.
        Assert.Equal("VR.D", Allowed(protections, "the_secret_word", _vendor));
        Assert.Equal("....", Allowed(protections, "the_secret_word", Personas.Admin));
        Assert.Equal("....", Allowed(protections, "hw_disk_bus", Personas.Admin));
        Assert.True(protections.Allows(PropertyOperation.Read, "tintype_verified", Personas.Reader(Personas.Strangers)));
        Assert.True(protections.Allows(PropertyOperation.Read, "os_glance_importing_to_stores", Personas.Reader(Personas.Strangers)));
    }

    [Fact]
    public void Policies_decide_where_they_are_named()
    {
        var policies = new ImagePolicies(PolicySet.Compile(ImagePolicies.All, [new("licensing", "role:vendor or rule:context_is_admin", 1)], ["licensing"], "policy.yaml"));
        var protections = new PropertyProtections(Parse("[.*]\ncreate = licensing\nread = @\nupdate = context_is_admin\ndelete = !\n", policies: true), policies);

        Assert.Equal("VR..", Allowed(protections, "license", _vendor));
        Assert.Equal("VRU.", Allowed(protections, "license", Personas.Admin));
        Assert.Equal(".R..", Allowed(protections, "license", Personas.OwningMember));
    }

    [Fact]
    public void Without_a_file_nothing_is_protected() =>
        Assert.Equal("VRUD", Allowed(PropertyProtections.None, "anything", Personas.Reader(Personas.Strangers)));

    [Theory]
    [InlineData("", "f: there is no section, and without one no property could be read or written.")]
    [InlineData("read = @", "f, line 1: 'read = @' stands before the first section; a section begins with a line such as [^license_.*].")]
    [InlineData("[a", "f, line 1: '[a' is no section; it is written [REGULAR EXPRESSION], and nothing after it.")]
    [InlineData("[]", "f, line 1: '[]' is no section; it is written [REGULAR EXPRESSION], and nothing after it.")]
    [InlineData("[a]\ncreate = @\nread = @", "f, line 1: the section [a] does not say who may update, delete; write ! for nobody.")]
    [InlineData("[a]\ncreat = @", "f, line 2: 'creat' is no operation; there are create, read, update and delete.")]
    [InlineData("[a]\ncreate", "f, line 2: 'create' is no assignment such as read = admin, member.")]
    [InlineData("[a]\ncreate = @\n  , admin", "f, line 3: an indented line goes on with the one above; write all of it in one line.")]
    [InlineData("[a]\ncreate = @\ncreate = !", "f, line 3: the section [a] says twice who may create.")]
    [InlineData("[a]\ncreate = a,,b", "f, line 2: a name is missing beside a comma.")]
    [InlineData("[a]\ncreate = @,!", "f, line 2: create is allowed to everybody (@) and to nobody (!) at once.")]
    [InlineData("[a]\n" + Open + "[a]", "f, line 6: there is a section [a] already, and only the first that matches counts.")]
    public void Files_that_are_refused(string text, string message) =>
        Assert.Equal(message, Assert.Throws<ProtectionException>(() => Parse(text)).Message);

    [Theory]
    [InlineData("(a")]
    [InlineData("(?=a)b")]
    [InlineData(@"(a)\1")]
    [InlineData("[z-a]")]
    public void An_expression_that_cannot_be_used_is_refused_with_its_line(string expression) => Assert.StartsWith(
        $"f, line 2: [{expression}] is no regular expression that can be used here", Assert.Throws<ProtectionException>(() => Parse($"\n[{expression}]\n{Open}")).Message, StringComparison.Ordinal);

    [Fact]
    public void Of_several_policies_one_is_to_be_made() => Assert.Equal(
        "f, line 2: create names several policy rules; join them in the policy file, and name that one here.",
        Assert.Throws<ProtectionException>(() => Parse("[a]\ncreate = one, two", policies: true)).Message);

    [Fact]
    public void No_name_takes_long_to_match()
    {
        var protections = new PropertyProtections(Parse("[^(a+)+$]\n" + Open));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.False(protections.Allows(PropertyOperation.Read, new string('a', 200) + "!", _vendor));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{watch.Elapsed}");
    }

    [Fact]
    public void The_two_files_are_checked_against_each_other()
    {
        using var folder = new Folder();
        var protections = folder.Write("protections.conf", "[.*]\ncreate = licensing\nread = @\nupdate = @\ndelete = @\n");
        var policy = folder.Write("policy.yaml", "licensing: role:vendor\n");

        Assert.False(Load(protections, policy).Protections.Allows(PropertyOperation.Create, "x", Personas.OwningMember));
        Assert.Equal($"{protections} names the policy rule 'licensing', which the policy, for which there is no file, does not have.",
            Assert.Throws<ProtectionException>(() => Load(protections, null)).Message);
        Assert.StartsWith("The property protections file /nowhere cannot be read: ",
            Assert.Throws<ProtectionException>(() => Load("/nowhere", null)).Message, StringComparison.Ordinal);
    }

    private static ImageGovernance Load(string protections, string? policy) => ImageGovernance.Load(new PolicyOptions
    {
        PolicyFile = policy,
        PropertyProtectionFile = protections,
        PropertyProtectionRuleFormat = PolicyOptions.ByPolicies,
    });

    private static IReadOnlyList<ProtectionSection> Parse(string text, bool policies = false) => ProtectionFile.Parse(text.Split('\n'), "f", policies);

    // V create, R read, U update, D delete.
    private static string Allowed(PropertyProtections protections, string name, Caller caller) => string.Concat(
        Enum.GetValues<PropertyOperation>().Select((operation, at) => protections.Allows(operation, name, caller) ? "VRUD"[at] : '.'));

    private sealed class Folder : IDisposable
    {
        private readonly string _path = Directory.CreateTempSubdirectory("tt-protections-").FullName;

        public string Write(string name, string text)
        {
            var path = Path.Combine(_path, name);
            File.WriteAllText(path, text);
            return path;
        }

        public void Dispose() => Directory.Delete(_path, recursive: true);
    }
}
