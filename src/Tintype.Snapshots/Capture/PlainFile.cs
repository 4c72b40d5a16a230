namespace Tintype.Snapshots.Capture;

/// <summary>
/// What lies in a guest's directory may have been replaced by its QEMU, should a guest have broken out into it: by a link to another's disk, for
/// one, which we, who may read everything, would follow.
/// </summary>
internal static class PlainFile
{
    /// <summary>To be asked when nobody can change the file any more: it has been taken out of the directory, or no process of its user is left.</summary>
    /// <exception cref="IOException">It is a link, a directory or a device.</exception>
    public static void Require(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is not null || (file.Attributes & (FileAttributes.Directory | FileAttributes.Device)) != 0)
            throw new IOException($"{file.Name} is no plain file.");
    }
}
