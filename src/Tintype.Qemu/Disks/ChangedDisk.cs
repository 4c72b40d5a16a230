using System.Runtime.CompilerServices;
using Tintype.Qemu.Nbd;

namespace Tintype.Qemu.Disks;

/// <summary>
/// What has changed on a disk that a QEMU serves. Two connections: one is asked where, by a context that QEMU answers without looking at
/// data, however large the disk; the other reads there, and is asked for zeros there alone, since elsewhere the question would go down to the image.
/// </summary>
/// <param name="map">Knows the bitmap, or the depth.</param>
/// <param name="data">Knows the zeros.</param>
/// <param name="ownLayers">How many of the disk's layers, from the top, hold changes.</param>
/// <param name="owner">What goes with the two.</param>
public sealed class ChangedDisk(NbdClient map, NbdClient data, string? bitmap, int ownLayers, IAsyncDisposable? owner = null) : IChangedDisk
{
    /// <summary>Less is read without a question: an answer costs as much as the bytes.</summary>
    private const long WorthAsking = 1024 * 1024;

    public long Length => data.Length;

    public string? Bitmap => bitmap;

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct) => data.ReadAsync(offset, buffer, ct);

    public async IAsyncEnumerable<ChangedExtent> ChangesAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var run in RunsAsync(ct))
        {
            if (run.Change == Change.None || run.Length < WorthAsking)
            {
                yield return run;
                continue;
            }

            await foreach (var extent in data.MapAsync(run.Offset, run.Length, ct))
                yield return new ChangedExtent(extent.Offset, extent.Length, extent.IsZero ? Change.Zeros : Change.Data);
        }
    }

    private async IAsyncEnumerable<ChangedExtent> RunsAsync([EnumeratorCancellation] CancellationToken ct)
    {
        ChangedExtent? run = null;
        await foreach (var extent in map.MapAsync(0, map.Length, ct))
        {
            var change = IsChanged(extent) ? Change.Data : Change.None;
            if (run is { } open && open.Change == change)
            {
                run = open with { Length = open.Length + extent.Length };
                continue;
            }

            if (run is { } done)
                yield return done;
            run = new ChangedExtent(extent.Offset, extent.Length, change);
        }

        if (run is { } last)
            yield return last;
    }

    private bool IsChanged(NbdExtent extent) => bitmap is not null ? extent.IsDirty : extent.Depth >= 1 && extent.Depth <= ownLayers;

    public async ValueTask DisposeAsync()
    {
        await map.DisposeAsync();
        if (owner is null)
            await data.DisposeAsync();
        else
            await owner.DisposeAsync();
    }
}
