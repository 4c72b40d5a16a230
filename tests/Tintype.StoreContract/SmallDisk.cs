using Tintype.TestSupport;
using Xunit;

namespace Tintype.StoreContract;

/// <summary>A file system of 4 MiB.</summary>
internal static class SmallDisk
{
    /// <summary>Skips the test, with the reason, where nothing can be mounted.</summary>
    public static async Task<SmallFileSystem> MountAsync()
    {
        var (disk, obstacle) = await SmallFileSystem.TryMountAsync(4);
        Assert.SkipWhen(disk is null, obstacle);
        return disk!;
    }
}
