using Tintype.Platform;

namespace Tintype.Snapshots.Capture;

/// <summary>
/// Complete copies that are yet to be sealed: <c>DIR/snapshots/IMAGE.qcow2</c>. A copy is made in its guest's directory, where the guest's user may do
/// what it likes, and taken from there before anybody reads it: what lies here, only Tintype can change.
/// </summary>
internal sealed class CapturedFiles(DataDirectory data)
{
    private string Root => data.Folder("snapshots");

    public string PathOf(Guid imageId) => Path.Combine(Root, $"{imageId}.qcow2");

    public bool Has(Guid imageId) => File.Exists(PathOf(imageId));

    /// <exception cref="IOException">QEMU has put something else in its place; it is left to <see cref="Delete(BackupTarget)"/>.</exception>
    public void Take(BackupTarget target)
    {
        var path = PathOf(target.ImageId);
        // A rename moves a link itself, not what it points to.
        File.Move(Path.Combine(target.Directory, target.FileName), path);
        PlainFile.Require(path);
    }

    /// <summary>Removes the copy wherever it is. No error if there is none.</summary>
    public void Delete(BackupTarget target)
    {
        Delete(target.ImageId);
        if (Directory.Exists(target.Directory))
            File.Delete(Path.Combine(target.Directory, target.FileName));
    }

    public void Delete(Guid imageId) => File.Delete(PathOf(imageId));

    public IReadOnlyList<Guid> List() =>
        [.. Directory.EnumerateFiles(Root).Select(f => Guid.TryParse(Path.GetFileNameWithoutExtension(f), out var id) ? id : Guid.Empty).Where(id => id != Guid.Empty)];
}
