namespace Tintype.Storage.Local;

/// <summary>For the few files beside the store that must be as durable as what is in it.</summary>
public static class DurableDirectory
{
    /// <summary>Makes the directory's entries durable: without it, a power cut can undo a rename.</summary>
    /// <exception cref="IOException">The kernel could not.</exception>
    public static void Sync(string path) => Kernel.SyncDirectory(path);
}
