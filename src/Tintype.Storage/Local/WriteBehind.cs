using Microsoft.Win32.SafeHandles;

namespace Tintype.Storage.Local;

/// <summary>
/// Starts writing each window to the disk as soon as it is full, waits for the one before it, and drops that from the page cache if
/// the file is large: neither does the final fsync have gigabytes to write, nor does a large upload push everything else out of memory.
/// </summary>
/// <param name="from">What lies before is on the disk already.</param>
internal sealed class WriteBehind(SafeFileHandle file, long from = 0)
{
    private const long Window = 8 * 1024 * 1024;

    // A small image is usually booted or fetched right after its upload. A large one is not kept: fresh pages for all of it cost more
    // (in a virtual machine several times more) than writing it into the same few again.
    private const long KeptInCache = 64 * 1024 * 1024;

    private long _finished = from;
    private long _started = from;
    private bool _unsupported;

    /// <param name="written">The file is written up to here.</param>
    /// <exception cref="IOException">What was written before could not be brought to the disk.</exception>
    public async ValueTask AdvanceAsync(long written)
    {
        if (_unsupported || written - _started < Window)
            return;
        // Waits for the disk: not on the thread that feeds the other stages.
        await Task.Run(() => Turn(written - (written % Window)));
    }

    private void Turn(long end)
    {
        Sync(_started, end - _started, Kernel.SyncRange.Write);
        if (_started > _finished)
        {
            Sync(_finished, _started - _finished, Kernel.SyncRange.WaitBefore | Kernel.SyncRange.Write | Kernel.SyncRange.WaitAfter);
            if (_started > KeptInCache)
                Kernel.DropFromCache(file, _finished, _started - _finished);
            _finished = _started;
        }

        _started = end;
    }

    private void Sync(long offset, long length, Kernel.SyncRange what)
    {
        if (_unsupported)
            return;
        switch (Kernel.SyncFileRange(file, offset, length, what))
        {
            case 0:
                break;
            // A file system without it: fsync at the end does the whole work.
            case Kernel.ENOSYS or Kernel.EINVAL or Kernel.ESPIPE or Kernel.EOPNOTSUPP:
                _unsupported = true;
                break;
            // The kernel reports a failed write once; were it dropped here, the fsync at the end would succeed.
            case var error:
                throw Kernel.Failure("What was written did not reach the disk", error);
        }
    }
}
