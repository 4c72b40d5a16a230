using System.Runtime.InteropServices;

namespace Tintype.Bench.Clients;

internal static partial class Kernel
{
    /// <summary>Writes whatever any program has left in memory to the disks, and waits for that.</summary>
    [LibraryImport("libc", EntryPoint = "sync")]
    public static partial void Sync();
}
