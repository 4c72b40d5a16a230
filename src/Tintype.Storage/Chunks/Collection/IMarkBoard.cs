namespace Tintype.Storage.Chunks.Collection;

/// <summary>
/// Where a mark notes what it has reached and what it still has to look into. It lies outside of memory, which does not grow with the
/// store, and outlives a crash, so that a mark goes on where it was.
/// </summary>
public interface IMarkBoard : IAsyncDisposable
{
    /// <summary>Makes the board ready for a mark: what is left of another one is wiped off.</summary>
    /// <returns>Whether the roots of this mark stand on it already.</returns>
    Task<bool> BeginAsync(long mark, CancellationToken ct);

    /// <summary>Puts names up, to be looked into.</summary>
    Task AddAsync(IReadOnlyCollection<ChunkHash> nodes, CancellationToken ct);

    /// <summary>All roots are up.</summary>
    Task CloseRootsAsync(CancellationToken ct);

    /// <summary>Some nodes that nobody has looked into, the lowest first, so that there are never many.</summary>
    Task<IReadOnlyList<ChunkHash>> NextAsync(int count, CancellationToken ct);

    /// <summary>Strikes nodes off and notes what is below them, in one step.</summary>
    Task ReachAsync(IReadOnlyCollection<LookedInto> nodes, CancellationToken ct);

    /// <summary>What has been reached behind <paramref name="after"/>, up to and with <paramref name="last"/>.</summary>
    Task<IReadOnlySet<ChunkHash>> ReachedAsync(ChunkHash? after, ChunkHash last, CancellationToken ct);

    /// <summary>What has been reached behind <paramref name="after"/>, by name.</summary>
    Task<IReadOnlyList<ChunkHash>> ListReachedAsync(ChunkHash? after, int count, CancellationToken ct);

    /// <summary>The board is not needed any more.</summary>
    Task WipeAsync(CancellationToken ct);
}

/// <summary>A node that has been looked into.</summary>
/// <param name="BelowLevel">The level of what it names: -1 for chunks of content, which are not looked into.</param>
public readonly record struct LookedInto(ChunkHash Node, int BelowLevel, IReadOnlyList<ChunkHash> Below);
