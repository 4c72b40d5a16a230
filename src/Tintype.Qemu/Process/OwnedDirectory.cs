using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Tintype.Qemu.Process;

/// <summary>A confined program's own directory.</summary>
internal static partial class OwnedDirectory
{
    /// <summary>Makes the directory (0700) and gives it to the user, when Tintype is root.</summary>
    public static void Create(string path, uint uid)
    {
        // Parents are only passed through; the program reaches its directory as its working directory.
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Give(path, uid);
    }

    /// <summary>Changes the owner and the group, when Tintype is root.</summary>
    public static void Give(string path, uint uid)
    {
        if (Environment.IsPrivilegedProcess && ChangeOwner(path, uid, uid) != 0)
            throw new IOException($"{path} could not be given to the user {uid}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");
    }

    /// <summary>
    /// The process whose pid the file names, if it is one that runs in <paramref name="directory"/>: pids are used again, working
    /// directories tell. Null otherwise. The caller disposes it.
    /// </summary>
    public static System.Diagnostics.Process? ProcessIn(string directory, string pidFile)
    {
        if (!File.Exists(pidFile) || !int.TryParse(File.ReadAllText(pidFile).Trim(), CultureInfo.InvariantCulture, out var pid))
            return null;
        if (new FileInfo($"/proc/{pid}/cwd").LinkTarget != Path.GetFullPath(directory))
            return null;
        try
        {
            return System.Diagnostics.Process.GetProcessById(pid);
        }
        catch (ArgumentException)
        {
            return null; // It ended between the two looks.
        }
    }

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint owner, uint group);
}
