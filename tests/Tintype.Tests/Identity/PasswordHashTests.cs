using Tintype.Identity.Passwords;
using Xunit;

namespace Tintype.Tests.Identity;

public sealed class PasswordHashTests
{
    /// <summary>Made by the reference implementation's command: <c>echo -n PASSWORD | argon2 somesaltsomesalt -id -e …</c></summary>
    [Theory]
    [InlineData("correct horse", "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$k9ohroejZy1PN5E1SbHNPug6vB8eQAahb5SOAp6iGF4")]
    [InlineData("pässword", "$argon2id$v=19$m=8192,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$djymocjtEjptVzwaqPfN2pKQ0aNP8SuQ")]
    public void A_hash_of_the_reference_implementation_is_understood(string password, string phc)
    {
        var hash = PasswordHash.Parse(phc);

        Assert.True(hash.Matches(password));
        Assert.False(hash.Matches(password + " "));
        Assert.Equal(phc, hash.ToString());
    }

    [Fact]
    public void Two_hashes_of_one_password_differ_and_both_match_it()
    {
        var (one, two) = (PasswordHash.Of("secret"), PasswordHash.Of("secret"));

        Assert.NotEqual(one.ToString(), two.ToString());
        Assert.All([one, two], hash => Assert.True(PasswordHash.Parse(hash.ToString()).Matches("secret")));
        Assert.StartsWith("$argon2id$v=19$m=19456,t=2,p=1$", one.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("secret")]
    [InlineData("$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$k9ohroejZy1PN5E1SbHNPug6vB8eQAahb5SOAp6iGF4")]
    [InlineData("$argon2id$v=16$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$k9ohroejZy1PN5E1SbHNPug6vB8eQAahb5SOAp6iGF4")]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=4$c29tZXNhbHRzb21lc2FsdA$k9ohroejZy1PN5E1SbHNPug6vB8eQAahb5SOAp6iGF4")]
    [InlineData("$argon2id$v=19$m=x,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$k9ohroejZy1PN5E1SbHNPug6vB8eQAahb5SOAp6iGF4")]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=1$!$!")]
    public void Anything_else_is_not_taken_for_a_hash(string text) => Assert.Throws<FormatException>(() => PasswordHash.Parse(text));
}
