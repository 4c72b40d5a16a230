using System.Globalization;
using CliWrap;
using CliWrap.Buffered;
using Tintype.Compute.Servers;
using Tintype.Platform;
using Tintype.Platform.Http;

namespace Tintype.Compute.ConfigDrive;

/// <summary>
/// Puts a server's config drive on an ISO 9660 file system labelled <c>config-2</c>, the label that cloud-init looks for, with
/// genisoimage: Nova's own default for it, with Joliet and Rock Ridge names.
/// </summary>
internal sealed class ConfigDriveWriter
{
    public const string Label = "config-2";

    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(1);

    /// <param name="path">The file to be made; its directory is the server's own.</param>
    public async Task WriteAsync(Server server, string path, CancellationToken ct)
    {
        var folder = path + ".d";
        try
        {
            await WriteFilesAsync(server, folder, ct);
            await RunAsync(folder, path, ct);
        }
        finally
        {
            // The password and the user data are not left lying about twice.
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task WriteFilesAsync(Server server, string folder, CancellationToken ct)
    {
        foreach (var (name, content) in ConfigDriveContent.Of(server))
        {
            var file = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!, DataDirectory.Private);
            await File.WriteAllBytesAsync(file, content, ct);
        }
    }

    private static async Task RunAsync(string folder, string path, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_limit);
        var result = await Cli.Wrap("genisoimage")
            .WithArguments(["-quiet", "-input-charset", "utf-8", "-J", "-r", "-V", Label, "-o", path, folder])
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(limit.Token);
        if (result.ExitCode != 0)
            throw new Fault(FaultKind.ServerError, string.Create(CultureInfo.InvariantCulture,
                $"The config drive could not be made: genisoimage ended with {result.ExitCode}: {result.StandardError.Trim()}"));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
