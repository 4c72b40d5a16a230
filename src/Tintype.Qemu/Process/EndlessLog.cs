using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tintype.Qemu.Process;

/// <summary>
/// A file that a guest, or QEMU on its account, appends to for as long as it likes. Its older part is given back to the file system
/// by punching a hole: what is appended meanwhile is not lost, and no reader's position moves. The file's length goes on counting
/// everything that was ever written; what it occupies is bounded.
/// </summary>
internal static partial class EndlessLog
{
    /// <summary>Bytes of the end that are always there.</summary>
    public const int Kept = GuestFiles.LogKept;

    /// <summary>Bytes that the file may occupy before it is trimmed.</summary>
    public const int Most = 2 * Kept;

    /// <summary>Trims the file if it occupies too much.</summary>
    /// <returns>Whether it did. False also if there is no such file, or something else than a plain file of one name: a link may lead anywhere.</returns>
    /// <exception cref="IOException">The file system cannot give back parts of a file.</exception>
    public static bool Trim(string path)
    {
        using var handle = OwnedDirectory.TryOpenForWriting(path);
        if (handle is null || Status(handle, "", EmptyPath, BasicStatus, out var status) != 0
            || (status.Mode & FileKind) != PlainFile || status.Links != 1 || status.Blocks * BlockSize <= Most)
            return false;
        if (Allocate(handle, PunchHole | KeepSize, 0, (long)status.Size - Kept) != 0)
            throw new IOException($"{path} could not be trimmed: {Marshal.GetLastPInvokeErrorMessage()}.");
        return true;
    }

    private const int EmptyPath = 0x1000;
    private const uint BasicStatus = 0x7ff;
    private const ushort FileKind = 0xf000;
    private const ushort PlainFile = 0x8000;
    private const ulong BlockSize = 512;
    private const int KeepSize = 1;
    private const int PunchHole = 2;

    // struct statx of linux/stat.h, which is the same on every architecture.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileStatus
    {
        [FieldOffset(16)]
        public uint Links;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(48)]
        public ulong Blocks;
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Status(SafeFileHandle directory, string path, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);
}
