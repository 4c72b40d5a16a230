using CliWrap;
using CliWrap.Buffered;
using Tintype.TestSupport;

namespace Tintype.Tests.Scripts;

/// <summary>
/// A clone of the scripts and a PATH whose first programs are stand-ins, so that what a script finds is what the test says and what it does to
/// the machine is written down and not done.
/// </summary>
internal sealed class ScriptMachine : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public ScriptMachine()
    {
        Directory.CreateDirectory(Path.Combine(Clone, "scripts"));
        foreach (var script in Directory.EnumerateFiles(Path.Combine(Repository.Root, "scripts"), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(Clone, Path.GetRelativePath(Repository.Root, script));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(script, copy);
        }

        StandIn("src/Tintype.Server/bin/Release/net10.0/Tintype.Server", "echo \"the server: $*\"");
    }

    public string Clone => _folder.Combine("clone");

    /// <summary>The packages that are there, with blanks between them.</summary>
    public string Installed { get; set; } = "";

    /// <summary>Whether the user, who is not root, may use sudo.</summary>
    public bool Sudo { get; set; } = true;

    /// <summary>Whether the host's list of packages must be fetched before anything can be installed.</summary>
    public bool ListIsOld { get; set; }

    /// <summary>Whether building the demo guest comes to a good end.</summary>
    public bool CanBuildGuests { get; set; }

    /// <summary>What apt-get was told to do, by its command and its packages.</summary>
    public IReadOnlyList<string> Done => File.Exists(Log) ? File.ReadAllLines(Log) : [];

    private string Log => _folder.Combine("done");

    public async Task<(int ExitCode, string Said)> RunAsync(string script, CancellationToken ct, params string[] arguments)
    {
        StandIn("bin/id", "echo 1000");
        StandIn("bin/dotnet", "[ \"$1\" != --version ] || echo 10.0.100");
        StandIn("bin/dpkg-query", string.Concat(Installed.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => $"echo 'ii  {p}'\n")));
        StandIn("bin/sudo", Sudo ? "[ \"$1\" != -n ] || exit 0\nexec \"$@\"" : "exit 1");
        // Debian's packages are kept from starting services by a file of root's.
        StandIn("bin/tee", "cat > /dev/null");
        StandIn("bin/chmod", "exit 0");
        StandIn("bin/rm", "exit 0");
        StandIn("bin/apt-get", $$"""
            while [ "$1" != install ] && [ "$1" != update ]; do shift; done
            echo "$*" | sed 's/ --no-install-recommends//' >> '{{Log}}'
            {{(ListIsOld ? $"grep -q update '{Log}'" : "exit 0")}}
            """);
        StandIn("scripts/build-guest.sh", CanBuildGuests ? "mkdir -p \"$(dirname \"$1\")\"; echo > \"$1\"" : "exit 1");

        var ran = await Cli.Wrap("bash").WithArguments(["-c", "exec bash \"$0\" \"$@\" 2>&1", Path.Combine(Clone, "scripts", script + ".sh"), .. arguments])
            .WithEnvironmentVariables(e => e.Set("PATH", $"{Path.Combine(Clone, "bin")}:/usr/sbin:/usr/bin:/sbin:/bin").Set("LC_ALL", "C"))
            .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(ct);
        return (ran.ExitCode, ran.StandardOutput);
    }

    public void Dispose() => _folder.Dispose();

    private void StandIn(string name, string script)
    {
        var path = Path.Combine(Clone, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
