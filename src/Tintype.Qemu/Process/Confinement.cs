using System.Diagnostics;
using System.Globalization;

namespace Tintype.Qemu.Process;

/// <summary>
/// How a program that parses strangers' bytes is started: in a session of its own (the terminal's Ctrl-C does not reach it, and it
/// outlives us), in its own directory, and, when Tintype is root, as a user of its own from its first instruction, with no capability
/// and no way to gain one. Files outside its directory are opened here and handed over as descriptors: the program can read these
/// and needs no permission on their names.
/// </summary>
/// <param name="Directory">The program's working directory, which its user owns: names within it are relative.</param>
/// <param name="Uid">The user and group; used only when Tintype is root.</param>
/// <param name="LogFile">Where its standard output and error go, relative to the directory; appended to.</param>
internal sealed record Confinement(string Directory, uint Uid, string LogFile)
{
    /// <summary>The first descriptor that a handed-over file gets.</summary>
    private const int FirstDescriptor = 3;

    /// <summary>POSIX shells redirect single digits only.</summary>
    private const int MaximumFiles = 9 - FirstDescriptor + 1;

    // Names come as positional arguments: no word of data is ever read as shell.
    private const string Script =
        "exec >>\"$1\" 2>&1 </dev/null; shift; n=3; while [ \"$1\" != -- ]; do eval \"exec $n<\\\"\\$1\\\"\"; n=$((n+1)); shift; done; shift; exec \"$@\"";

    private readonly List<string> _files = [];

    /// <summary>Hands a file over for reading.</summary>
    /// <returns>The descriptor's number in the program.</returns>
    public int HandOver(string path)
    {
        if (_files.Count == MaximumFiles)
            throw new InvalidOperationException($"At most {MaximumFiles} files can be handed to a confined program.");
        _files.Add(Path.GetFullPath(path));
        return FirstDescriptor + _files.Count - 1;
    }

    /// <summary>The whole command line, for the log and for tests.</summary>
    public IReadOnlyList<string> CommandLine(string program, IReadOnlyList<string> arguments) =>
        ["setsid", "sh", "-c", Script, "sh", LogFile, .. _files, "--", .. Unprivileged(), program, .. arguments];

    /// <summary>Starts the program. Its end can be awaited on the returned process; killing it is the caller's to do.</summary>
    public System.Diagnostics.Process Start(string program, IReadOnlyList<string> arguments)
    {
        var command = CommandLine(program, arguments);
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { WorkingDirectory = Directory };
        return System.Diagnostics.Process.Start(start) ?? throw new InvalidOperationException($"{program} was not started.");
    }

    private IEnumerable<string> Unprivileged()
    {
        if (!Environment.IsPrivilegedProcess)
            return [];
        var uid = Uid.ToString(CultureInfo.InvariantCulture);
        return ["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--"];
    }
}
