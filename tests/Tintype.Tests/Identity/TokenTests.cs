using Tintype.Identity.Roles;
using Tintype.Identity.Tokens;
using Tintype.Platform.Http;
using Xunit;

namespace Tintype.Tests.Identity;

public sealed class TokenTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("admin", new[] { "admin", "manager", "member", "reader" })]
    [InlineData("manager", new[] { "manager", "member", "reader" })]
    [InlineData("member", new[] { "member", "reader" })]
    [InlineData("reader", new[] { "reader" })]
    public async Task A_token_names_the_role_and_all_that_it_implies(string given, string[] expected)
    {
        await using var world = await IdentityWorld.CreateAsync(given);

        var (_, token) = await world.SignInAsync();

        Assert.Equal(expected, token.Roles.Select(r => r.Name));
    }

    [Fact]
    public async Task A_token_is_good_for_eight_hours_and_not_a_moment_longer()
    {
        await using var world = await IdentityWorld.CreateAsync();
        var (secret, token) = await world.SignInAsync();

        Assert.Equal(world.Time.GetUtcNow(), token.IssuedAt);
        Assert.Equal(world.Time.GetUtcNow().AddHours(8), token.ExpiresAt);
        world.Time.Advance(TimeSpan.FromHours(8) - TimeSpan.FromMicroseconds(1));
        Assert.NotNull(await world.FindAsync(secret));
        world.Time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Null(await world.FindAsync(secret));
    }

    [Fact]
    public async Task Only_what_has_expired_is_collected()
    {
        await using var world = await IdentityWorld.CreateAsync();
        await world.SignInAsync();
        world.Time.Advance(TimeSpan.FromHours(1));
        var (secret, _) = await world.SignInAsync();
        world.Time.Advance(TimeSpan.FromHours(7));

        Assert.Equal(1, await world.Tokens.CollectExpiredAsync(Ct));
        Assert.Equal(0, await world.Tokens.CollectExpiredAsync(Ct));
        Assert.NotNull(await world.FindAsync(secret));
    }

    [Fact]
    public async Task A_token_got_by_a_token_lives_no_longer_and_names_the_first()
    {
        await using var world = await IdentityWorld.CreateAsync();
        var (first, original) = await world.SignInAsync();
        world.Time.Advance(TimeSpan.FromHours(3));
        var (second, _) = await world.RescopeAsync(first);
        var (_, third) = await world.RescopeAsync(second);

        Assert.Equal(original.ExpiresAt, third.ExpiresAt);
        Assert.Equal(["token", "password"], third.Methods);
        Assert.Equal(2, third.AuditIds.Count);
        Assert.NotEqual(original.AuditIds[0], third.AuditIds[0]);
        Assert.Equal(original.AuditIds[0], third.AuditIds[1]);
    }

    [Fact]
    public async Task Revoking_a_token_leaves_the_users_others()
    {
        await using var world = await IdentityWorld.CreateAsync();
        var (one, token) = await world.SignInAsync();
        var (two, _) = await world.SignInAsync();

        Assert.True(await world.Tokens.RevokeAsync(token.Hash, Ct));

        Assert.Null(await world.FindAsync(one));
        Assert.NotNull(await world.FindAsync(two));
        Assert.False(await world.Tokens.RevokeAsync(token.Hash, Ct));
    }

    [Theory]
    [InlineData("""{"enabled": false}""")]
    [InlineData("""{"password": "another"}""")]
    [InlineData("""{"password": null}""")]
    public async Task Tokens_end_with_what_they_were_got_by(string change)
    {
        await using var world = await IdentityWorld.CreateAsync();
        var (secret, _) = await world.SignInAsync();

        await world.ChangeUserAsync(change);
        Assert.Null(await world.FindAsync(secret));

        await world.ChangeUserAsync("""{"enabled": true}""");
        Assert.Null(await world.FindAsync(secret));
    }

    [Fact]
    public async Task A_token_survives_a_change_that_is_none_of_its_business()
    {
        await using var world = await IdentityWorld.CreateAsync();
        var (secret, _) = await world.SignInAsync();

        await world.ChangeUserAsync("""{"description": "somebody", "enabled": true, "name": "renamed"}""");

        Assert.Equal("renamed", (await world.FindAsync(secret))!.User.Name);
    }

    [Fact]
    public async Task A_disabled_project_ends_its_tokens()
    {
        await using var world = await IdentityWorld.CreateAsync();
        var (secret, _) = await world.SignInAsync();

        await world.Projects.UpdateAsync(world.ProjectId, p => p with { Enabled = false }, Ct);
        Assert.Null(await world.FindAsync(secret));
        Assert.Equal(FaultKind.Unauthorized, (await Assert.ThrowsAsync<Fault>(() => world.SignInAsync())).Kind);

        await world.Projects.UpdateAsync(world.ProjectId, p => p with { Enabled = true }, Ct);
        Assert.Null(await world.FindAsync(secret));
    }

    [Fact]
    public async Task Deleting_the_project_or_the_user_ends_the_tokens()
    {
        await using var world = await IdentityWorld.CreateAsync();
        var (scoped, _) = await world.SignInAsync();
        Assert.True(await world.Projects.DeleteAsync(world.ProjectId, Ct));
        Assert.Null(await world.FindAsync(scoped));
        Assert.Null((await world.Users.FindAsync(world.UserId, Ct))!.DefaultProjectId);

        var (unscoped, _) = await world.Issuer.IssueAsync(new SignIn(
            ["password"], (new Identified(world.UserId, null, null, null), IdentityWorld.Password), null, SignInScope.Unscoped), Ct);
        Assert.NotNull(await world.FindAsync(unscoped));
        Assert.True(await world.Users.DeleteAsync(world.UserId, Ct));
        Assert.Null(await world.FindAsync(unscoped));
    }

    [Fact]
    public async Task A_token_says_at_any_moment_what_its_holder_may_do_now()
    {
        await using var world = await IdentityWorld.CreateAsync("admin");
        var (secret, _) = await world.SignInAsync();
        var admin = (await world.Roles.ListAsync("admin", Ct)).Single().Id;
        var reader = (await world.Roles.ListAsync("reader", Ct)).Single().Id;

        await world.Assignments.AssignAsync(world.UserId, world.ProjectId, reader, Ct);
        await world.Assignments.RevokeAsync(world.UserId, world.ProjectId, admin, Ct);
        Assert.Equal(["reader"], (await world.FindAsync(secret))!.Roles.Select(r => r.Name));

        await world.Assignments.RevokeAsync(world.UserId, world.ProjectId, reader, Ct);
        Assert.Null(await world.FindAsync(secret));
    }

    [Fact]
    public async Task No_token_comes_of_a_password_that_was_changed_while_it_was_checked()
    {
        await using var world = await IdentityWorld.CreateAsync();
        var checkedAgainst = (await world.Users.FindAccountAsync(new Identified(world.UserId, null, null, null), Ct))!.PasswordHash;
        await world.ChangeUserAsync("""{"password": "another"}""");

        var now = world.Time.GetUtcNow();
        var late = new NewToken("hash", world.UserId, world.ProjectId, ["password"], ["audit"], now, now.AddHours(1), checkedAgainst, ParentHash: null);
        Assert.False(await world.Tokens.InsertAsync(late, Ct));

        var orphan = late with { PasswordHash = null, ParentHash = "revoked" };
        Assert.False(await world.Tokens.InsertAsync(orphan, Ct));
        Assert.False(await world.Tokens.InsertAsync(late with { PasswordHash = null, ProjectId = "deleted" }, Ct));
        Assert.True(await world.Tokens.InsertAsync(late with { PasswordHash = null }, Ct));
    }

    [Fact]
    public async Task Effective_assignments_name_what_is_implied_and_what_it_comes_from()
    {
        await using var world = await IdentityWorld.CreateAsync("manager");
        var manager = (await world.Roles.ListAsync("manager", Ct)).Single().Id;

        var direct = await world.Assignments.ListAsync(new AssignmentFilter(world.UserId), Ct);
        var effective = await world.Assignments.ListAsync(new AssignmentFilter(world.UserId, Effective: true), Ct);

        Assert.Equal(["manager"], direct.Select(a => a.Role.Name));
        Assert.Equal(["manager", "member", "reader"], effective.Select(a => a.Role.Name));
        Assert.All(effective, a => Assert.Equal(manager, a.GrantedRoleId));
    }

    [Fact]
    public async Task Whatever_is_asked_meanwhile_no_token_is_good_after_its_end_was_answered()
    {
        await using var world = await IdentityWorld.CreateAsync();
        using var stop = new CancellationTokenSource();
        var secret = "";
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                await world.FindAsync(Volatile.Read(ref secret));
        }, Ct)).ToList();

        for (var i = 0; i < 40; i++)
        {
            var (next, token) = await world.SignInAsync();
            Volatile.Write(ref secret, next);
            Assert.NotNull(await world.FindAsync(next));
            await world.Tokens.RevokeAsync(token.Hash, Ct);
            Assert.Null(await world.FindAsync(next));
        }

        await stop.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public void What_was_read_before_a_write_is_not_remembered_after_it()
    {
        var cache = new TokenCache(capacity: 2);
        var token = new TokenRecord("a", [], [], default, default, new Named("u", "u"), new Named("d", "d"), null, []);

        var before = cache.Generation;
        cache.Forget();
        cache.Remember(token, before);
        Assert.Null(cache.Find("a"));

        foreach (var hash in new[] { "a", "b", "c" })
            cache.Remember(token with { Hash = hash }, cache.Generation);
        Assert.Equal((null, null, "c"), (cache.Find("a"), cache.Find("b"), cache.Find("c")?.Hash));
        cache.Forget();
        Assert.Null(cache.Find("c"));
    }
}
