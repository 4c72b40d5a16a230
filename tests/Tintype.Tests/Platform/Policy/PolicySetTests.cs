using Tintype.Platform.Policy;
using Xunit;

namespace Tintype.Tests.Platform.Policy;

public sealed class PolicySetTests
{
    private static readonly PolicyTargetKind _thing = PolicyTargetKind.Of("a thing", "owner", "project_id");
    private static readonly PolicyRule _admin = new("context_is_admin", "role:admin", PolicyTargetKind.Nothing);
    private static readonly PolicyRule _get = new("get_thing", "rule:context_is_admin or project_id:%(owner)s", _thing);
    private static readonly PolicyRule _list = new("list_things", "role:reader", PolicyTargetKind.Nothing);

    [Fact]
    public void Defaults_hold_for_what_the_operator_leaves_alone()
    {
        var set = Compile("\"list_things\": \"!\"\nmine: 'role:boss or rule:get_thing'\nget_thing: rule:context_is_admin or project_id:%(project_id)s\n", alsoUsed: ["mine"]);

        Assert.True(set.Allows(_admin, Of("admin"), new ProjectTarget("p")));
        Assert.False(set.Allows(_list, Of("admin", "reader"), new ProjectTarget("p")));
        Assert.True(set.Allows(_get, Of("admin"), new ProjectTarget("x")));
        Assert.True(set.Allows(_get, Of(), new ProjectTarget("p")));
        Assert.False(set.Allows(_get, Of(), new ProjectTarget("x")));
        Assert.True(set.Allows("mine", Of("boss"), new ProjectTarget("x")));
        Assert.True(set.Knows("mine"));
        Assert.False(set.Knows("other"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing but a comment\n")]
    [InlineData("---\n")]
    [InlineData("{}")]
    [InlineData("{\n\t\"get_thing\": \"rule:context_is_admin\",\n\t\"list_things\": \"\"\n}\n")]
    [InlineData("""{"list_things": "role:a and (role:b)"}""")]
    [InlineData("list_things: >\n  role:a or\n  role:b\n")]
    public void Files_that_are_taken(string text) => Assert.NotNull(Compile(text));

    [Theory]
    [InlineData("- list", "f, line 1: the file must be a list of rules, each written as \"get_images\": \"role:reader\".")]
    [InlineData("\n\nword", "f, line 3: the file must be a list of rules, each written as \"get_images\": \"role:reader\".")]
    [InlineData("? [a]\n: b", "f, line 1: the file must be a list of rules, each written as \"get_images\": \"role:reader\".")]
    [InlineData("list_things: [[\"role:admin\"]]", "f, line 1: the rule 'list_things' is not a string; lists and references of YAML are not read, a rule is written \"role:admin or role:member\".")]
    [InlineData("get_thing: &a '@'\nlist_things: *a", "f, line 2: the rule 'list_things' is not a string; lists and references of YAML are not read, a rule is written \"role:admin or role:member\".")]
    [InlineData("\n\"list_things\":\n", "f, line 2: the rule 'list_things' has no value; write \"!\" to allow nobody, \"@\" to allow everybody.")]
    [InlineData("list_things: !", "f, line 1: the rule 'list_things' has no value; write \"!\" to allow nobody, \"@\" to allow everybody.")]
    [InlineData("list_things: null", "f, line 1: the rule 'list_things' has no value; write \"!\" to allow nobody, \"@\" to allow everybody.")]
    [InlineData("list_things: '@'\n---\nlist_things: '@'", "f, line 2: a second document begins; all rules stand in one.")]
    [InlineData("list_things: '@'\n\nlist_things: '!'", "f, line 3: the rule 'list_things' stands in line 1 already.")]
    [InlineData("list_thing: '@'", "f, line 1: there is no rule 'list_thing', and no other refers to it; did you mean 'list_things'?")]
    [InlineData("something_else: '@'", "f, line 1: there is no rule 'something_else', and no other refers to it.")]
    [InlineData("\nlist_things: role:admin or", "f, line 2: the rule 'list_things' ends where a check such as role:admin is expected: role:admin or")]
    [InlineData("list_things: rule:get_things", "f, line 1: the rule 'list_things' refers to rule:get_things, which does not exist; did you mean 'get_thing'?")]
    [InlineData("list_things: not rule:list_things", "f, line 1: the rule 'list_things' refers to itself.")]
    [InlineData("list_things: rule:a\na: rule:b\nb: '@ or rule:a'", "f, line 2: the rule 'a' refers to itself, by way of others.")]
    [InlineData("context_is_admin: rule:get_thing", "f, line 1: the rule 'context_is_admin' refers to itself, by way of others.")]
    [InlineData("list_things: project_id:%(owner)s", "f, line 1: the rule 'list_things' names %(owner)s, but it judges nothing but the caller.")]
    [InlineData("get_thing: project_id:%(onwer)s", "f, line 1: the rule 'get_thing' names %(onwer)s, which a thing does not have; there are owner, project_id.")]
    [InlineData("context_is_admin: role:%(role)s", "f, line 1: the rule 'context_is_admin' names %(role)s, but it judges nothing but the caller.")]
    [InlineData("list_things: rule:mine\nmine: project_id:%(owner)s", "f, line 1: the rule 'list_things' names %(owner)s, but it judges nothing but the caller.")]
    public void Files_that_are_refused(string text, string message) => Assert.Equal(message, Assert.Throws<PolicyException>(() => Compile(text)).Message);

    [Theory]
    [InlineData("list_things: 'role")]
    [InlineData("list_things: @")]
    [InlineData("{\"list_things\": ]")]
    [InlineData("a: b: c")]
    public void What_is_no_yaml_is_refused_with_its_line(string text) =>
        Assert.StartsWith("f, line 1: ", Assert.Throws<PolicyException>(() => Compile(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_deeply_nested_costs_nothing() =>
        Assert.Throws<PolicyException>(() => Compile("list_things: " + new string('[', 100_000)));

    [Fact]
    public void Chains_and_doublings_of_rules_are_bounded()
    {
        string Chain(int length, string value) => "list_things: rule:r0\n"
            + string.Concat(Enumerable.Range(0, length).Select(i => $"r{i}: {string.Format(null, value, i + 1)}\n")) + $"r{length}: '@'";

        Assert.NotNull(Compile(Chain(100, "rule:r{0}")));
        Assert.Contains("is too large with all it refers to: 201 levels", Assert.Throws<PolicyException>(() => Compile(Chain(900, "rule:r{0}"))).Message, StringComparison.Ordinal);
        Assert.Contains("10001 checks", Assert.Throws<PolicyException>(() => Compile(Chain(60, "rule:r{0} or rule:r{0}"))).Message, StringComparison.Ordinal);
        Assert.Equal("f, line 1001: there are more than 1000 rules.", Assert.Throws<PolicyException>(() => Compile(Chain(2000, "rule:r{0}"))).Message);
    }

    [Fact]
    public void A_file_that_is_not_there() => Assert.Equal(
        "The policy file /nowhere/policy.yaml cannot be read: Could not find a part of the path '/nowhere/policy.yaml'.",
        Assert.Throws<PolicyException>(() => PolicyFile.Read("/nowhere/policy.yaml")).Message);

    private static PolicySet Compile(string text, string[]? alsoUsed = null) =>
        PolicySet.Compile([_admin, _get, _list], PolicyFile.Parse(new StringReader(text), "f"), alsoUsed ?? [], "f");

    private static Caller Of(params string[] roles) => new("u", "u", "p", "p", "default", roles);
}
