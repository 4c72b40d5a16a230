using Tintype.Platform.Database;

namespace Tintype.Compute.Bases;

/// <summary>What a server's disk is a difference to.</summary>
public interface IServerBases
{
    /// <summary>The stored disk with the content that the server's disk was made of. If there is none yet, it is made first, which takes as long
    /// as reading the image does; if it is being made, its end is waited for.</summary>
    /// <exception cref="Platform.Http.Fault">The server has lost what its disk lies on.</exception>
    Task<Guid> EnsureAsync(Guid serverId, CancellationToken ct);

    /// <summary>The bitmap that notes what is written to the server's disk, and what it is relative to. Whether it can be trusted, QEMU alone knows.</summary>
    /// <returns>Null if the server has gone, or the bitmap is relative to what there is no stored disk of, in the store that disks go to now.</returns>
    Task<ServerCheckpoint?> FindCheckpointAsync(Guid serverId, CancellationToken ct);

    /// <summary>From now on <paramref name="bitmap"/> notes what differs from the stored disk, which is held. No error if the server has gone.</summary>
    Task SetCheckpointAsync(WriteScope scope, Guid serverId, string bitmap, Guid diskId);
}

/// <param name="Bitmap">The bitmap's name.</param>
/// <param name="DiskId">The stored disk that the server's disk had the content of when the bitmap was begun.</param>
public sealed record ServerCheckpoint(string Bitmap, Guid DiskId);

/// <summary>The names of the bitmaps on a server's disk: <c>tintype-0</c>, <c>tintype-1</c>, …</summary>
public static class CheckpointBitmap
{
    private const string Prefix = "tintype-";

    /// <summary>The one that a disk is made with.</summary>
    public const string First = Prefix + "0";

    /// <summary>Whether it is one of ours, and its number.</summary>
    public static bool TryParse(string name, out int number)
    {
        number = 0;
        return name.StartsWith(Prefix, StringComparison.Ordinal) && int.TryParse(name.AsSpan(Prefix.Length), System.Globalization.NumberStyles.None,
            System.Globalization.CultureInfo.InvariantCulture, out number);
    }

    /// <summary>A name that none of them has, nor had.</summary>
    public static string After(IEnumerable<string> names) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Prefix}{names.Select(name => TryParse(name, out var number) ? number : 0).DefaultIfEmpty().Max() + 1}");
}
