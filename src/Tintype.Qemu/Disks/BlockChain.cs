using System.Text.Json.Nodes;
using Tintype.Qemu.Nbd.Sockets;
using Tintype.Qemu.Process;

namespace Tintype.Qemu.Disks;

/// <summary>
/// A disk's layers as QEMU block nodes, each with an explicit driver and an explicit backing node: what a header says of its
/// backing file or data file is never followed.
/// </summary>
internal static class BlockChain
{
    // Its own start waits so long for whoever serves stored layers, who is there already; without a limit QEMU may hang on a socket that is only kept.
    private const int OpenTimeout = 60;

    /// <summary>The nodes in the order in which they must be given: the deepest first, the disk itself (<paramref name="name"/>) last.</summary>
    /// <param name="layers">Topmost first.</param>
    /// <param name="name">The topmost node's name; those below are <c>NAME-1</c>, <c>NAME-2</c>, and each one's file is its own name and <c>-file</c>.</param>
    /// <param name="writable">Whether the topmost layer is written to, and a cache keeps what is read through it; nothing else is written to.</param>
    /// <param name="fileName">What QEMU is to open for a layer that is a file: its path, or <c>/dev/fdset/N</c>.</param>
    /// <param name="patience">Seconds for which reads of a stored layer wait for whoever serves it.</param>
    public static IReadOnlyList<JsonObject> Nodes(
        IReadOnlyList<DiskLayer> layers, string name, bool writable, Func<DiskLayer, string> fileName, int patience = 0)
    {
        var nodes = new List<JsonObject>();
        for (var depth = layers.Count - 1; depth >= 0; depth--)
        {
            var isCache = writable && GuestDisk.IsCache(layers, depth);
            var readOnly = !isCache && (!writable || depth > 0);
            var node = depth == 0 ? name : $"{name}-{depth}";
            nodes.Add(layers[depth].IsStored ? Stored(layers[depth], $"{node}-file", patience) : new JsonObject
            {
                ["driver"] = "file",
                ["node-name"] = $"{node}-file",
                ["filename"] = fileName(layers[depth]),
                ["read-only"] = readOnly,
                ["discard"] = "unmap",
            });
            var format = new JsonObject
            {
                ["driver"] = layers[depth].Format,
                ["node-name"] = node,
                ["file"] = $"{node}-file",
                ["read-only"] = readOnly,
                ["discard"] = "unmap",
            };
            if (HasBacking(layers[depth].Format))
                format["backing"] = depth + 1 < layers.Count ? JsonValue.Create(BackingOf(layers, depth + 1, $"{name}-{depth + 1}", writable)) : null;
            else if (depth + 1 < layers.Count)
                throw new ArgumentException($"A layer of format {layers[depth].Format} cannot lie on another.", nameof(layers));
            nodes.Add(format);
            // Above the cache and below the guest's own layer, which must hold what the guest wrote and nothing else.
            if (isCache)
                nodes.Add(new JsonObject { ["driver"] = "copy-on-read", ["node-name"] = $"{node}-fill", ["file"] = node });
        }

        return nodes;
    }

    /// <summary>The same as one tree, for the option that takes no names of nodes; read-only throughout.</summary>
    public static JsonObject Tree(IReadOnlyList<DiskLayer> layers, Func<DiskLayer, string> fileName, int patience = 0)
    {
        JsonObject? below = null;
        foreach (var layer in layers.Reverse())
        {
            var node = new JsonObject
            {
                ["driver"] = layer.Format,
                ["read-only"] = true,
                ["file"] = layer.IsStored ? Stored(layer, null, patience)
                    : new JsonObject { ["driver"] = "file", ["filename"] = fileName(layer), ["read-only"] = true },
            };
            if (HasBacking(layer.Format))
                node["backing"] = below;
            else if (below is not null)
                throw new ArgumentException($"A layer of format {layer.Format} cannot lie on another.", nameof(layers));
            below = node;
        }

        return below ?? throw new ArgumentException("A disk has at least one layer.", nameof(layers));
    }

    private static JsonObject Stored(DiskLayer layer, string? node, int patience)
    {
        var nbd = new JsonObject { ["driver"] = "nbd" };
        if (node is not null)
            nbd["node-name"] = node;
        // Relative, since QEMU's user may not pass through the directory's parents.
        nbd["server"] = new JsonObject { ["type"] = "unix", ["path"] = IDiskSockets.SocketName };
        nbd["export"] = layer.Path;
        nbd["read-only"] = true;
        nbd["reconnect-delay"] = patience;
        nbd["open-timeout"] = OpenTimeout;
        return nbd;
    }

    private static string BackingOf(IReadOnlyList<DiskLayer> layers, int depth, string node, bool writable) =>
        writable && GuestDisk.IsCache(layers, depth) ? $"{node}-fill" : node;

    // For these drivers a backing node that is not named is looked for in the header.
    private static bool HasBacking(string format) => format is "qcow2" or "vmdk";
}
