using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Tintype.Server;

/// <summary>
/// Where the server listens and what it keeps. From, each over the former: <c>--config FILE</c> (JSON), environment variables
/// <c>TINTYPE_…</c> (<c>__</c> between sections), the command line. Wrong values end the start with a sentence.
/// </summary>
/// <param name="NewPasswords">Whether the demo users get new passwords, <c>--passwords new</c>.</param>
internal sealed record ServerSettings(IPEndPoint Listen, string DataDirectory, bool NewPasswords)
{
    public const string DefaultListen = "127.0.0.1:9292";

    public static ServerSettings Load(WebApplicationBuilder builder, string[] args)
    {
        var commandLine = new ConfigurationBuilder().AddCommandLine(args).Build();
        if (commandLine["config"] is { } file)
            builder.Configuration.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: false);
        builder.Configuration.AddEnvironmentVariables("TINTYPE_").AddConfiguration(commandLine);

        var listen = builder.Configuration["listen"] ?? DefaultListen;
        if (!IPEndPoint.TryParse(listen, out var endPoint) || !listen.Contains(':', StringComparison.Ordinal))
            throw new InvalidOperationException($"--listen {listen} is not HOST:PORT with a numeric address; for example {DefaultListen}.");
        if (builder.Configuration["passwords"] is { } passwords and not "new")
            throw new InvalidOperationException($"--passwords {passwords} is not known; the only word for it is 'new'.");
        return new ServerSettings(endPoint, builder.Configuration["data"] ?? DefaultDataDirectory(), builder.Configuration["passwords"] is not null);
    }

    public void ConfigureKestrel(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Listen(Listen);
    }

    // Debian's place for a service's state when it is one; the user's own otherwise.
    private static string DefaultDataDirectory() => Environment.UserName == "root"
        ? "/var/lib/tintype"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "tintype");
}
