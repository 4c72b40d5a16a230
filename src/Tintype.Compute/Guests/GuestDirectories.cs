using Tintype.Platform;

namespace Tintype.Compute.Guests;

/// <summary>Where each server's overlay, config drive, sockets and console log are: <c>DIR/servers/ID</c>.</summary>
internal sealed class GuestDirectories
{
    private readonly string _root;

    // Guests run as users of their own and pass through; each server's own directory is closed.
    public GuestDirectories(DataDirectory data) => _root = data.Folder("servers",
        DataDirectory.Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);

    public string Of(Guid id) => Path.Combine(_root, id.ToString());

    public string OverlayOf(Guid id) => Path.Combine(Of(id), "disk.qcow2");

    /// <summary>What has been read of an image that is no file of this host; there only for servers of such an image.</summary>
    public string CacheOf(Guid id) => Path.Combine(Of(id), "base.qcow2");

    public string ConfigDriveOf(Guid id) => Path.Combine(Of(id), "config-drive.iso");

    /// <summary>An empty directory; what an interrupted build left in it goes.</summary>
    public string Make(Guid id)
    {
        Remove(id);
        return Directory.CreateDirectory(Of(id), DataDirectory.Private).FullName;
    }

    public void Remove(Guid id)
    {
        if (Directory.Exists(Of(id)))
            Directory.Delete(Of(id), recursive: true);
    }

    /// <summary>All that are there, whether or not a server is theirs.</summary>
    public IReadOnlyList<Guid> List() =>
        [.. Directory.EnumerateDirectories(_root).Select(d => Guid.TryParse(Path.GetFileName(d), out var id) ? id : Guid.Empty).Where(id => id != Guid.Empty)];
}
