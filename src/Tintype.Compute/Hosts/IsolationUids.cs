using System.Globalization;
using Microsoft.Extensions.Options;
using Tintype.Compute.Servers;

namespace Tintype.Compute.Hosts;

/// <summary>
/// The user ids that guests run as, each guest its own. Servers hold theirs as long as they exist (the database says which);
/// other guests lease one from the end of the range.
/// </summary>
internal sealed class IsolationUids
{
    private const int Leases = 256;
    private const uint Nobody = 65534;

    private readonly Lock _lock = new();
    private readonly HashSet<uint> _leased = [];
    private readonly (uint First, int Count) _range;

    public IsolationUids(IOptions<ComputeOptions> options)
        : this(Fit((uint)options.Value.IsolationUidFirst, options.Value.IsolationUidCount, File.ReadLines("/proc/self/uid_map")))
    {
    }

    internal IsolationUids((uint First, int Count) range) => _range = range;

    /// <summary>A user id for a new server.</summary>
    /// <returns>Null when all are taken.</returns>
    public uint? Pick(IReadOnlySet<uint> taken)
    {
        for (var uid = _range.First; uid < _range.First + _range.Count - Leases; uid++)
        {
            if (!taken.Contains(uid))
                return uid;
        }

        return null;
    }

    public IsolationLease Lease()
    {
        lock (_lock)
        {
            var first = _range.First + (uint)(_range.Count - Leases);
            for (var uid = first; uid < first + Leases; uid++)
            {
                if (_leased.Add(uid))
                    return new IsolationLease(uid, () => Release(uid));
            }
        }

        throw new InvalidOperationException($"All {Leases} user ids for guests that belong to no server are in use.");
    }

    private void Release(uint uid)
    {
        lock (_lock)
            _leased.Remove(uid);
    }

    /// <summary>
    /// The configured range where this process may become those users; within a user namespace with a smaller map, as many ids
    /// from the end of the map's largest piece, under <c>nobody</c>.
    /// </summary>
    /// <param name="map">Lines of /proc/self/uid_map: first id inside, first id outside, count.</param>
    internal static (uint First, int Count) Fit(uint first, int count, IEnumerable<string> map)
    {
        var pieces = map.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(words => (First: ulong.Parse(words[0], CultureInfo.InvariantCulture), Count: ulong.Parse(words[2], CultureInfo.InvariantCulture)))
            .ToArray();
        if (pieces.Any(p => p.First <= first && first + (ulong)count <= p.First + p.Count))
            return (first, count);
        var largest = pieces.MaxBy(p => p.Count);
        var end = largest.First + largest.Count;
        if (end > Nobody && largest.First < Nobody && end <= Nobody + 2)
            end = Nobody;
        if (largest.Count < (ulong)count + 1)
        {
            // A single user: guests cannot be told apart by it, and QEMU runs as that user.
            return ((uint)largest.First, count);
        }

        return ((uint)(end - (ulong)count), count);
    }
}
