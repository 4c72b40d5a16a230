using System.Collections.Concurrent;

namespace Tintype.Qemu.Nbd;

/// <summary>What was agreed upon with a client: the disk, opened as often as requests about it come side by side, and how it is answered.</summary>
internal sealed class NbdSession(string name, INbdExports exports, INbdExport first, bool isStructured, bool hasAllocation) : IAsyncDisposable
{
    private readonly ConcurrentBag<INbdExport> _idle = [first];

    public long Length { get; } = first.Length;

    /// <summary>Whether replies are structured; otherwise they are the old, simple ones.</summary>
    public bool IsStructured { get; } = isStructured;

    /// <summary>Whether <c>base:allocation</c> was asked for.</summary>
    public bool HasAllocation { get; } = hasAllocation;

    /// <exception cref="IOException">It cannot be opened any more.</exception>
    public async ValueTask<INbdExport> RentAsync(CancellationToken ct) => _idle.TryTake(out var export) ? export
        : await exports.OpenAsync(name, ct) ?? throw new IOException($"The disk {name} is not there any more.");

    public void Return(INbdExport export) => _idle.Add(export);

    public async ValueTask DisposeAsync()
    {
        while (_idle.TryTake(out var export))
            await export.DisposeAsync();
    }
}
