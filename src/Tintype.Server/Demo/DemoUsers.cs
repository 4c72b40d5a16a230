using System.Security.Cryptography;
using Tintype.Identity;

namespace Tintype.Server.Demo;

/// <summary>
/// The demo cloud's users and their passwords, which clouds.yaml alone has: it is written before the hashes are, and what is in it
/// already is taken from it, so that a crash between the two loses nothing.
/// </summary>
internal sealed class DemoUsers(CloudsFile file, IdentitySeed identity, ServerSettings settings, ILogger<DemoUsers> log)
{
    private const string Alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    private const int PasswordLength = 24;

    public async Task MakeAsync(CancellationToken ct)
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

    /// <summary>
    /// Gives new passwords to the users whose clouds are in clouds.yaml; to all, if there is no such file. Only on request: whoever removed the
    /// file, or changed a password and left the file as it was, would not expect a restart to open the door again.
    /// </summary>
    public async Task ResetPasswordsAsync(CancellationToken ct)
    {
        var passwords = NewPasswords();
        var clouds = file.Read() is { } existing
            ? DemoUser.All.Aggregate(existing, (yaml, user) => yaml.WithPassword(user.Cloud, passwords[user.Cloud]))
            : CloudsYaml.Create(DemoUser.All, passwords, AuthUrl($"http://{settings.Listen}"));
        file.Write(clouds);
        foreach (var user in DemoUser.All)
        {
            if (clouds.PasswordOf(user.Cloud) is { } password && !await identity.ResetPasswordAsync(user.User, password, ct))
                DemoLog.UserGone(log, user.User, user.Cloud);
        }
    }

    /// <summary>Tells clouds.yaml where the server listens. To be called once it does, since the port may have been chosen only then.</summary>
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

    private static string AuthUrl(string address) => $"{address}/identity/v3";

    private static Dictionary<string, string> NewPasswords() =>
        DemoUser.All.ToDictionary(user => user.Cloud, _ => RandomNumberGenerator.GetString(Alphabet, PasswordLength));
}
