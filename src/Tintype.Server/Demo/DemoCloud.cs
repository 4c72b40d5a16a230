namespace Tintype.Server.Demo;

/// <summary>
/// Makes the demo cloud at the first start, piece by piece, before the server takes requests.
/// <code>
/// passwords into clouds.yaml ──► users, projects, roles ──► flavors ──► image ──► (listening) address into clouds.yaml
/// </code>
/// Each piece is marked in the database when it is done, and may be repeated until then: a crash at any arrow leaves a start that goes
/// on from there, and what an administrator deletes later stays deleted.
/// </summary>
internal sealed class DemoCloud(DemoPieces pieces, DemoUsers users, DemoFlavors flavors, DemoImage image, ServerSettings settings) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!await EnsureAsync("users", users.MakeAsync, cancellationToken) && settings.NewPasswords)
            await users.ResetPasswordsAsync(cancellationToken);
        await EnsureAsync("flavors", flavors.MakeAsync, cancellationToken);
        await image.EnsureAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <returns>Whether the piece has been made by this call.</returns>
    private async Task<bool> EnsureAsync(string name, Func<CancellationToken, Task> make, CancellationToken ct)
    {
        if (await pieces.IsMadeAsync(name, ct))
            return false;
        await make(ct);
        await pieces.MarkMadeAsync(name, ct);
        return true;
    }
}
