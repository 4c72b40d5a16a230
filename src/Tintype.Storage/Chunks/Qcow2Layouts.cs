using System.Diagnostics.CodeAnalysis;
using Tintype.DiskFormats.Qcow2;

namespace Tintype.Storage.Chunks;

/// <summary>
/// The layouts of the qcow2 files that were read lately: each range of a download would else walk the manifest's upper nodes anew, which
/// for a terabyte that is full are 256. By the content they are of, so that none is ever out of date.
/// </summary>
internal sealed class Qcow2Layouts
{
    // A layout of 64 TiB takes 1.5 MiB, of the usual disk a few hundred bytes.
    private const int Most = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<(ChunkHash Root, long Length), LinkedListNode<Entry>> _byRoot = [];
    // The one that was used last comes first.
    private readonly LinkedList<Entry> _entries = [];

    /// <exception cref="IOException">The manifest cannot be read, or is not as it was written.</exception>
    public async ValueTask<Qcow2Layout> GetAsync(ChunkedDisk disk, ChunkHash? root, CancellationToken ct)
    {
        if (root is not { } name)
            return new Qcow2Layout(disk.Length, []);
        if (TryFind((name, disk.Length), out var known))
            return known;
        var layout = new Qcow2Layout(disk.Length, await disk.TablesAsync(ct));
        Add((name, disk.Length), layout);
        return layout;
    }

    private bool TryFind((ChunkHash Root, long Length) key, [NotNullWhen(true)] out Qcow2Layout? layout)
    {
        lock (_lock)
        {
            layout = null;
            if (!_byRoot.TryGetValue(key, out var node))
                return false;
            _entries.Remove(node);
            _entries.AddFirst(node);
            layout = node.Value.Layout;
            return true;
        }
    }

    private void Add((ChunkHash Root, long Length) key, Qcow2Layout layout)
    {
        lock (_lock)
        {
            if (!_byRoot.TryAdd(key, new LinkedListNode<Entry>(new Entry(key, layout))))
                return;
            _entries.AddFirst(_byRoot[key]);
            if (_entries.Count <= Most)
                return;
            _byRoot.Remove(_entries.Last!.Value.Key);
            _entries.RemoveLast();
        }
    }

    private sealed record Entry((ChunkHash Root, long Length) Key, Qcow2Layout Layout);
}
