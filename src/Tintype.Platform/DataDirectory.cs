namespace Tintype.Platform;

/// <summary>
/// The directory that holds everything a server keeps. One process owns it at a time: a second one that is pointed at
/// it is refused, since two would collect each other's files.
/// </summary>
public sealed class DataDirectory : IDisposable
{
    // EWOULDBLOCK: somebody else has the lock. Whatever else can go wrong with the file says so itself.
    private const int WouldBlock = 11;

    private readonly FileStream _lock;

    /// <exception cref="InvalidOperationException">Another running server owns the directory.</exception>
    public DataDirectory(string path)
    {
        Root = Path.GetFullPath(path);
        // Traversable by the unprivileged users that guests run as; what is inside protects itself.
        Directory.CreateDirectory(Root, Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        try
        {
            _lock = new FileStream(Path.Combine(Root, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken) when (taken.HResult == WouldBlock)
        {
            throw new InvalidOperationException($"Another Tintype is running on {Root}; stop it, or give this one a --data directory of its own.", taken);
        }
    }

    /// <summary>rwx for the owner alone.</summary>
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public string Root { get; }

    public string File(string name) => Path.Combine(Root, name);

    /// <summary>The sub-directory of that name, made with <paramref name="mode"/> if it is not there.</summary>
    public string Folder(string name, UnixFileMode mode = Private)
    {
        var path = Path.Combine(Root, name);
        Directory.CreateDirectory(path, mode);
        return path;
    }

    public void Dispose() => _lock.Dispose();
}
