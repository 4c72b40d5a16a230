using Tintype.Identity.Passwords;
using Tintype.Platform.Http;
using Xunit;

namespace Tintype.Tests.Identity;

public sealed class PasswordHasherTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_password_is_the_one_that_was_hashed()
    {
        using var hasher = new PasswordHasher(slots: 1, maximumPresent: 2);
        var stored = await hasher.HashAsync("secret", Ct);

        Assert.True(await hasher.VerifyAsync("secret", stored, Ct));
        Assert.False(await hasher.VerifyAsync("Secret", stored, Ct));
        Assert.False(await hasher.VerifyAsync("secret", stored: null, Ct));
    }

    [Fact]
    public async Task Whoever_finds_too_long_a_queue_is_refused_and_the_others_are_served()
    {
        using var hasher = new PasswordHasher(slots: 1, maximumPresent: 3);

        var served = Enumerable.Range(0, 3).Select(_ => hasher.VerifyAsync("secret", stored: null, Ct)).ToList();
        var refusal = await Assert.ThrowsAsync<Fault>(() => hasher.VerifyAsync("secret", stored: null, Ct));
        Assert.Equal(FaultKind.Unavailable, refusal.Kind);
        Assert.Equal("5", refusal.Headers["Retry-After"]);

        Assert.All(await Task.WhenAll(served), Assert.False);
        Assert.False(await hasher.VerifyAsync("secret", stored: null, Ct));
    }
}
