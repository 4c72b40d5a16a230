namespace Tintype.Storage.Chunks.Manifests;

/// <summary>
/// Builds a manifest front to back, from names of chunks, runs of zeros, and parts of another manifest, of which whole subtrees are
/// taken over without being looked into. The length need not be known before the end. Holds one node a level.
/// </summary>
internal sealed class ManifestBuilder(int chunkSize, IChunkWriter chunks)
{
    private readonly List<List<ManifestName?>> _names = [[]];
    private int? _lastLength;

    /// <summary>The number of the next chunk.</summary>
    public long Position { get; private set; }

    /// <exception cref="InvalidOperationException">What came before was shorter than a chunk, and so the end.</exception>
    public ValueTask AppendAsync(ChunkHash chunk, CancellationToken ct) => AppendAsync(0, new ManifestName(chunk, 1), ct);

    /// <inheritdoc cref="AppendAsync(ChunkHash, CancellationToken)"/>
    public async ValueTask AppendZerosAsync(long count, CancellationToken ct)
    {
        for (var end = Position + count; Position < end;)
            await AppendAsync(LevelFor(end), null, ct);
    }

    /// <summary>Takes over the next <paramref name="count"/> chunks from the same place of another manifest.</summary>
    /// <exception cref="ArgumentException">The other does not reach so far, or has chunks of another size.</exception>
    /// <exception cref="IOException">A node of the other cannot be read.</exception>
    public async ValueTask AppendFromAsync(ManifestTree other, long count, CancellationToken ct)
    {
        var end = Position + count;
        if (other.Shape.ChunkSize != chunkSize || end > other.Shape.Chunks)
            throw new ArgumentException($"The other manifest has not the chunks {Position} to {end} of this one.", nameof(count));
        while (Position < end)
        {
            var level = Math.Min(LevelFor(end), other.Shape.RootLevel);
            await AppendAsync(level, await other.NameAsync(level, Position, ct), ct);
        }

        if (count > 0 && other.Shape.LengthOf(end - 1) is var last && last < chunkSize)
            _lastLength = last;
    }

    /// <param name="length">Bytes of the whole.</param>
    /// <returns>The name of the root; null if all is zeros.</returns>
    /// <exception cref="InvalidOperationException">That is not the length of what was appended.</exception>
    public async Task<ManifestName?> CompleteAsync(long length, CancellationToken ct)
    {
        var shape = new ManifestShape(length, chunkSize);
        if (Position != shape.Chunks || (_lastLength is { } last && last != shape.LengthOf(Position - 1)))
            throw new InvalidOperationException($"What was appended, {Position} chunks, is not {length} bytes long.");
        for (var level = 0; level <= shape.RootLevel; level++)
        {
            if (_names[level].Count > 0)
                Above(level).Add(await CloseAsync(level, ct));
        }

        return Position == 0 ? null : _names[shape.RootLevel + 1][0];
    }

    // The highest level at which one name stands for what comes next, and for nothing beyond the end.
    private int LevelFor(long end)
    {
        var level = 0;
        while (ManifestShape.Span(level + 1) is var span && Position % span == 0 && span <= end - Position)
            level++;
        return level;
    }

    private async ValueTask AppendAsync(int level, ManifestName? name, CancellationToken ct)
    {
        if (_lastLength is { } last)
            throw new InvalidOperationException($"The chunk before {Position} has {last} bytes: only the last of all may be so short.");
        while (_names.Count <= level)
            _names.Add([]);
        _names[level].Add(name);
        Position += ManifestShape.Span(level);
        for (; _names[level].Count == ManifestShape.FanOut; level++)
            Above(level).Add(await CloseAsync(level, ct));
    }

    private List<ManifestName?> Above(int level)
    {
        if (_names.Count == level + 1)
            _names.Add([]);
        return _names[level + 1];
    }

    private async ValueTask<ManifestName?> CloseAsync(int level, CancellationToken ct)
    {
        var names = _names[level].ToArray();
        _names[level].Clear();
        if (Array.TrueForAll(names, name => name is null))
            return null;
        var node = new ManifestNode(level, names);
        return new ManifestName(await chunks.WriteAsync(node.Encode(), ct), node.Chunks);
    }
}
