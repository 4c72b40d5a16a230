using System.Security.Cryptography;
using Tintype.Identity;

namespace Tintype.Server.Demo;

/// <summary>
/// Makes the demo cloud at the first start, piece by piece, before the server takes requests.
/// <code>
/// passwords into clouds.yaml ──► users, projects, roles ──► marked ──► … ──► (bound) auth_url into clouds.yaml
/// </code>
/// A crash at any arrow leaves a start that goes on from there: passwords that are in the file already are taken from it.
/// </summary>
internal sealed class DemoCloud(CloudsFile file, DemoPieces pieces, IdentitySeed identity, ServerSettings settings, ILogger<DemoCloud> log) : IHostedService
{
    private const string Users = "users";
    private const string Alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    private const int PasswordLength = 24;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!await pieces.IsMadeAsync(Users, cancellationToken))
        {
            await MakeUsersAsync(cancellationToken);
            await pieces.MarkMadeAsync(Users, cancellationToken);
        }
        else if (settings.NewPasswords)
        {
            await ResetPasswordsAsync(cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Tells clouds.yaml where the server listens. To be called once it does, since the port may have been chosen then.</summary>
    public void Publish(string address)
    {
        if (file.Read() is not { } clouds)
        {
            DemoLog.NoCloudsFile(log, file.Path);
            return;
        }

        var changed = DemoUser.All.Aggregate(clouds, (yaml, user) => yaml.WithAuthUrl(user.Cloud, AuthUrl(address)));
        if (changed.Text != clouds.Text)
            file.Write(changed);
    }

    private async Task MakeUsersAsync(CancellationToken ct)
    {
        var clouds = file.Read();
        if (clouds is null)
        {
            clouds = CloudsYaml.Create(DemoUser.All, NewPasswords(), AuthUrl($"http://{settings.Listen}"));
            file.Write(clouds);
        }

        foreach (var user in DemoUser.All)
        {
            var password = clouds.PasswordOf(user.Cloud) ?? throw new InvalidOperationException(
                $"{file.Path} is there already but has no password for the cloud '{user.Cloud}'; move it away, so that one for the new demo cloud can be written.");
            await identity.EnsureAsync(user.Project, user.ProjectDescription, user.User, password, user.Role, ct);
        }
    }

    private async Task ResetPasswordsAsync(CancellationToken ct)
    {
        var passwords = NewPasswords();
        var clouds = file.Read() is { } existing
            ? DemoUser.All.Aggregate(existing, (yaml, user) => yaml.WithPassword(user.Cloud, passwords[user.Cloud]))
            : CloudsYaml.Create(DemoUser.All, passwords, AuthUrl($"http://{settings.Listen}"));
        file.Write(clouds);
        foreach (var user in DemoUser.All.Where(user => clouds.PasswordOf(user.Cloud) is not null))
            await identity.ResetPasswordAsync(user.User, clouds.PasswordOf(user.Cloud)!, ct);
    }

    private static string AuthUrl(string address) => $"{address}/identity/v3";

    private static Dictionary<string, string> NewPasswords() =>
        DemoUser.All.ToDictionary(user => user.Cloud, _ => RandomNumberGenerator.GetString(Alphabet, PasswordLength));
}
