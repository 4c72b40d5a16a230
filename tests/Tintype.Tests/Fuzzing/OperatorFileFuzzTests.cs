using Tintype.Images.Policies;
using Tintype.Images.Protections;
using Tintype.Platform.Policy;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.Tests.Fuzzing;

/// <summary>Files that operators write: each is read or refused with a sentence, never anything else.</summary>
[Trait("run", "fuzz")]
public sealed class OperatorFileFuzzTests
{
    private static readonly TextMutator _rules = new("and", "or", "not", "(", ")", "@", "!", "role:a", "rule:b", "rule:get_image", "project_id:%(owner)s", "'public':%(visibility)s", "%(", ")s", "%%", ":", "'", "\"",
        "\\", " ", "\n", "\t", "\u00a0", "((", "))", "True:", "10:");

    [Fact]
    public void Rules_of_a_policy() => Fuzz.Cases(8000, random => Refused<PolicyException>(() => PolicyParser.Parse(_rules.Next(random))));

    [Fact]
    public void Policy_files()
    {
        var yaml = new TextMutator("get_image", "delete_image", "mine", "\"", "'", ": ", ":", "\n", "- ", "  ", "{", "}", "[", "]", ",", "#", "&a ", "*a", "<<", "!", "!!binary ", "!<tag:", ">", "|", "|+2", "---", "...", "%YAML 1.1", "? ",
            "@", "`", "\t", "\r", "\u0085", "\ufeff", "\\x", "\\u12", "role:admin", "rule:mine", "rule:get_image or ", "~", "null");
        Fuzz.Cases(8000, random => Refused<PolicyException>(() =>
            PolicySet.Compile(ImagePolicies.All, PolicyFile.Parse(new StringReader(yaml.Next(random)), "f"), [], "f")));
    }

    [Fact]
    public void Property_protection_files()
    {
        var words = new TextMutator("[a]", "[", "]", "^license", ".*", "(?<", "(?=", "\\1", "\\p{", "{1,1000}", "*", "create = @\n", "read = admin\n", "update: x, y\n", "delete =\n", "=", ",", "@", "!", "\n", " ", "\t", "#", ";");
        Fuzz.Cases(6000, random => Refused<ProtectionException>(() => ProtectionFile.Parse(words.Next(random).Split('\n'), "f", random.Next(2) == 0)));
    }

    private static void Refused<T>(Action read)
        where T : Exception
    {
        try
        {
            read();
        }
        catch (T refusal)
        {
            Assert.NotEmpty(refusal.Message);
        }
    }
}
