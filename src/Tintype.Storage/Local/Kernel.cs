using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tintype.Storage.Local;

/// <summary>The system calls that .NET has no door to.</summary>
internal static partial class Kernel
{
    public const int EPERM = 1;
    public const int EXDEV = 18;
    public const int EINVAL = 22;
    public const int ENOSPC = 28;
    public const int ESPIPE = 29;
    public const int EMLINK = 31;
    public const int ENOSYS = 38;
    public const int EOPNOTSUPP = 95;
    public const int EDQUOT = 122;

    private const int O_RDONLY = 0;
    private const int O_DIRECTORY = 0x10000;
    private const int O_CLOEXEC = 0x80000;
    private const int POSIX_FADV_DONTNEED = 4;

    [Flags]
    public enum SyncRange : uint
    {
        WaitBefore = 1,
        Write = 2,
        WaitAfter = 4,
    }

    /// <summary>Makes the entries of a directory durable: what was created in it, renamed in it, removed from it.</summary>
    /// <exception cref="IOException">The kernel could not.</exception>
    public static void SyncDirectory(string path)
    {
        var descriptor = Open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (descriptor < 0)
            throw Failure($"The directory {path} cannot be opened");
        using var directory = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Fsync(directory) != 0)
            throw Failure($"The directory {path} cannot be synced");
    }

    /// <summary>Gives a file a second name on the same file system.</summary>
    /// <returns>False if the file system cannot: the two names are on different ones, or it knows no links.</returns>
    /// <exception cref="IOException">Any other failure; the new name is taken, for example.</exception>
    public static bool TryLink(string existing, string path)
    {
        if (Link(existing, path) == 0)
            return true;
        return Marshal.GetLastPInvokeError() is EXDEV or EPERM or EMLINK ? false : throw Failure($"{path} cannot be made a link to {existing}");
    }

    /// <returns>0, or the error number. An error of writing is reported to one caller only: whoever gets it must not drop it.</returns>
    public static int SyncFileRange(SafeFileHandle file, long offset, long length, SyncRange what) =>
        SyncFileRangeCore(file, offset, length, what) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Tells the kernel that these pages will not be read soon. Advice: a refusal changes nothing.</summary>
    public static void DropFromCache(SafeFileHandle file, long offset, long length) =>
        _ = PosixFadvise(file, offset, length, POSIX_FADV_DONTNEED);

    public static IOException Failure(string what, int? error = null)
    {
        var number = error ?? Marshal.GetLastPInvokeError();
        return new IOException($"{what}: {new Win32Exception(number).Message}.", number);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string path);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    private static partial int SyncFileRangeCore(SafeFileHandle file, long offset, long length, SyncRange flags);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int PosixFadvise(SafeFileHandle file, long offset, long length, int advice);
}
