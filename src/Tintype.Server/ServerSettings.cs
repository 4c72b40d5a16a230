using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Tintype.Images.Data.Transport;

namespace Tintype.Server;

/// <summary>
/// Where the server listens and what it keeps. From, each over the former: <c>--config FILE</c> (JSON), environment variables
/// <c>TINTYPE_…</c> (<c>__</c> between sections), the command line. Wrong values end the start with a sentence.
/// </summary>
/// <param name="NewPasswords">Whether the demo users get new passwords, <c>--passwords new</c>.</param>
internal sealed record ServerSettings(IPEndPoint Listen, string DataDirectory, bool NewPasswords)
{
    public const string DefaultListen = "127.0.0.1:9292";

    private static readonly string[] _options = ["listen", "data", "config", "passwords"];

    // Each room's options, as --Section:Name value.
    private static readonly string[] _sections = ["Demo", "Identity", "Images", "Compute", "Qemu", "Snapshots", "Cors", "Logging"];

    /// <exception cref="InvalidOperationException">An option is unknown or has a wrong value; the message says what would be right.</exception>
    public static ServerSettings Load(ConfigurationManager configuration, string[] args)
    {
        RefuseUnknown(args);
        var commandLine = new ConfigurationBuilder().AddCommandLine(args).Build();
        if (commandLine["config"] is { } file)
        {
            var path = Path.GetFullPath(file);
            if (!File.Exists(path))
                throw new InvalidOperationException($"--config {path} does not exist.");
            configuration.AddJsonFile(path, optional: false, reloadOnChange: false);
        }

        configuration.AddEnvironmentVariables("TINTYPE_").AddConfiguration(commandLine);
        if (configuration["passwords"] is { } passwords and not "new")
            throw new InvalidOperationException($"--passwords {passwords} is not known; the only word for it is 'new'.");
        return new ServerSettings(
            ParseListen(configuration["listen"] ?? DefaultListen),
            Path.GetFullPath(configuration["data"] ?? DefaultDataDirectory()),
            configuration["passwords"] is not null);
    }

    public void ConfigureKestrel(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        // Of bodies that come in chunks, beside what the socket has.
        kestrel.Limits.MaxRequestBufferSize = 512 * 1024;
        kestrel.Listen(Listen, endpoint => endpoint.UseDirectSending());
    }

    /// <summary>Two of the blocks that the connections receive into: one is read while the other is filled. The default is four.</summary>
    public static void ConfigureSockets(SocketTransportOptions sockets) => sockets.MaxReadBufferSize = 512 * 1024;

    internal static IPEndPoint ParseListen(string listen)
    {
        var colon = listen.LastIndexOf(':');
        var (host, port) = colon < 0 ? (listen, "") : (listen[..colon], listen[(colon + 1)..]);
        if (host == "localhost")
            host = "127.0.0.1";
        // An IPv6 address needs its brackets, or its last group would be the port.
        if (!IPAddress.TryParse(host, out var address) || host.Contains(':', StringComparison.Ordinal) != host.StartsWith('[')
            || !ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            throw new InvalidOperationException($"--listen {listen} is not HOST:PORT with a numeric address; for example {DefaultListen}.");
        return new IPEndPoint(address, number);
    }

    // The framework takes any word for a setting: a mistyped --data would go unnoticed, and the data to another place.
    private static void RefuseUnknown(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
                throw new InvalidOperationException($"'{args[i]}' is not an option. {Known}");
            var name = args[i][2..].Split('=')[0];
            var section = name.Split(':')[0];
            if (!(name.Contains(':', StringComparison.Ordinal) ? _sections : _options).Contains(section, StringComparer.OrdinalIgnoreCase))
                throw new InvalidOperationException($"--{name} is unknown. {Known}");
            if (!args[i].Contains('=', StringComparison.Ordinal) && ++i == args.Length)
                throw new InvalidOperationException($"--{name} needs a value.");
        }
    }

    private static string Known => $"There are {string.Join(", ", _options.Select(o => "--" + o))}, and settings such as --{_sections[0]}:Name VALUE.";

    // Debian's place for a service's state when it is one; the user's own otherwise.
    private static string DefaultDataDirectory() => Environment.UserName == "root"
        ? "/var/lib/tintype"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "tintype");
}
