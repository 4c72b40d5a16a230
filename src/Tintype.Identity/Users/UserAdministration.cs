using Tintype.Identity.Domains;
using Tintype.Identity.Passwords;
using Tintype.Platform.Http;

namespace Tintype.Identity.Users;

/// <summary>Makes and changes users. What ends a user's right to be here ends the user's tokens in the same transaction.</summary>
internal sealed class UserAdministration(IdentityDatabase database, UserRepository users, DomainRepository domains, PasswordHasher passwords)
{
    public async Task<UserRecord> CreateAsync(Attributes attributes, CancellationToken ct)
    {
        var password = attributes.TakePassword().Value;
        var user = UserChanges.Create(attributes);
        _ = await domains.FindAsync(user.DomainId, ct) ?? throw Fault.DomainNotFound(user.DomainId);
        var hash = password is null ? null : await passwords.HashAsync(password, ct);
        return await database.WriteAsync(scope => users.InsertAsync(scope, user, hash), ct) ? user : throw Fault.UserNameTaken(user.Name, user.DomainId);
    }

    public async Task<UserRecord> ChangeAsync(string id, Attributes attributes, CancellationToken ct)
    {
        var password = attributes.TakePassword();
        var hash = password.Value is null ? null : await passwords.HashAsync(password.Value, ct);
        return await database.WriteAsync(async scope =>
        {
            var user = UserChanges.Apply(await UserRepository.FindAsync(scope, id) ?? throw Fault.UserNotFound(id), attributes);
            await UserRepository.UpdateAsync(scope, user);
            if (password.IsGiven)
                await UserRepository.SetPasswordAsync(scope, id, hash);
            return user;
        }, ct);
    }

    /// <summary>The user's own change, which asks for the old password whatever token it comes with.</summary>
    public async Task ChangeOwnPasswordAsync(string id, Attributes attributes, CancellationToken ct)
    {
        var original = attributes.TakePassword("original_password").Value
            ?? throw Fault.BadRequest("Invalid input for field 'user': 'original_password' is a required property.");
        var password = attributes.TakePassword().Value
            ?? throw Fault.BadRequest("Invalid input for field 'user': 'password' is a required property.");
        var account = await users.FindAccountAsync(new Tokens.Identified(id, null, null, null), ct);
        if (!await passwords.VerifyAsync(original, account?.PasswordHash, ct))
            throw Fault.Unauthorized();
        var hash = await passwords.HashAsync(password, ct);
        await database.WriteAsync(scope => UserRepository.SetPasswordAsync(scope, id, hash), ct);
    }
}
