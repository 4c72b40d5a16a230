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
/// <param name="DeviceGroup">A further group, that a device it needs belongs to.</param>
/// <param name="Limits">What the kernel lets it have at most; null for a guest, whose memory is admitted before it starts.</param>
internal sealed record Confinement(string Directory, uint Uid, string LogFile, uint? DeviceGroup = null, ProcessLimits? Limits = null)
{
    /// <summary>The first descriptor that a handed-over file gets.</summary>
    private const int FirstDescriptor = 3;

    private const int LongestComplaint = 4096;

    /// <summary>POSIX shells redirect single digits only.</summary>
    private const int MaximumFiles = 9 - FirstDescriptor + 1;

    // Names come as positional arguments: no word of data is ever read as shell. They may lie in a directory that belongs to another guest's
    // user, and who opens here may be root: what is at a name is looked at before it is opened (a pipe would hold us), and the
    // opened file's own path, which the kernel tells, must be that name: no link put there in between leads anywhere else.
    private const string OpenFiles = """
        n=3
        while [ "$1" != -- ]; do
            [ -e "$1" ] || [ -L "$1" ] || { echo "$1: there is no such file." >&2; exit 1; }
            [ -f "$1" ] && [ ! -L "$1" ] && eval "exec $n<\"\$1\"" && [ "$(readlink /proc/$$/fd/$n)" = "$1" ] ||
                { echo "$1 is not a plain file and is not opened." >&2; exit 1; }
            n=$((n+1)); shift
        done
        shift
        exec "$@"
        """;

    // Opened by the unprivileged user: what it has put at that name in its directory must not lead where only root may write.
    // The pid is written here, since QEMU's own -pidfile wants to pass through every parent of the directory, which may be closed to its user.
    private const string OpenLog = "exec >>\"$0\" 2>&1 </dev/null; echo $$ >" + GuestFiles.Pid + "; exec \"$@\"";

    private readonly List<string> _files = [];

    /// <summary>
    /// Hands a file over for reading. The way to its directory is ours, and may lead over links; the file itself must be a plain one, or the
    /// program is not started, and <see cref="SaidAsync"/> says so.
    /// </summary>
    /// <returns>The descriptor's number in the program.</returns>
    public int HandOver(string path)
    {
        if (_files.Count == MaximumFiles)
            throw new InvalidOperationException($"At most {MaximumFiles} files can be handed to a confined program.");
        var full = Path.GetFullPath(path);
        _files.Add(OwnedDirectory.RealPath(Path.GetDirectoryName(full)!) is { } directory ? Path.Combine(directory, Path.GetFileName(full)) : full);
        return FirstDescriptor + _files.Count - 1;
    }

    /// <summary>The whole command line, for the log and for tests.</summary>
    public IReadOnlyList<string> CommandLine(string program, IReadOnlyList<string> arguments) =>
        ["setsid", "sh", "-c", OpenFiles, "sh", .. _files, "--", .. Limited(), .. Unprivileged(), "sh", "-c", OpenLog, LogFile, program, .. arguments];

    /// <summary>Starts the program. Its end can be awaited on the returned process; killing it is the caller's to do.</summary>
    public System.Diagnostics.Process Start(string program, IReadOnlyList<string> arguments)
    {
        var command = CommandLine(program, arguments);
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { WorkingDirectory = Directory, RedirectStandardError = true };
        // Our environment may hold secrets. Temporary files belong to its directory.
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LC_ALL"] = "C";
        start.Environment["TMPDIR"] = ".";
        return System.Diagnostics.Process.Start(start) ?? throw new InvalidOperationException($"{program} was not started.");
    }

    /// <summary>What an ended program, or its launch, complained of; empty if it said nothing.</summary>
    public async Task<string> SaidAsync(System.Diagnostics.Process ended)
    {
        var launch = await ended.StandardError.ReadToEndAsync();
        await using var log = OwnedDirectory.TryOpen(Path.Combine(Directory, LogFile));
        if (log is null)
            return launch.Trim();
        log.Seek(-Math.Min(log.Length, LongestComplaint), SeekOrigin.End);
        using var reader = new StreamReader(log);
        return (launch + await reader.ReadToEndAsync()).Trim();
    }

    // Before the privileges go, so that no one is left who could lift them.
    private IEnumerable<string> Limited() => Limits is { } limits
        ? ["prlimit", string.Create(CultureInfo.InvariantCulture, $"--as={limits.AddressSpace}"), string.Create(CultureInfo.InvariantCulture, $"--fsize={limits.FileSize}"), "--core=0", "--"]
        : [];

    private IEnumerable<string> Unprivileged()
    {
        if (!Environment.IsPrivilegedProcess)
            return [];
        var uid = Uid.ToString(CultureInfo.InvariantCulture);
        string[] groups = DeviceGroup is { } group ? ["--groups", group.ToString(CultureInfo.InvariantCulture)] : ["--clear-groups"];
        return ["setpriv", "--reuid", uid, "--regid", uid, .. groups, "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--"];
    }
}
