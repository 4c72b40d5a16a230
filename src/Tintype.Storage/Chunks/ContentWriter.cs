using Tintype.Storage.Chunks.Manifests;

namespace Tintype.Storage.Chunks;

/// <summary>
/// Cuts what is written into chunks, and builds the manifest over their names as they come.
/// <code>
/// bytes ─► 16 chunks ─► hashed ─► zeros? ─► named by the manifest
///                                    └─ no ─► session ─► named by the manifest
/// </code>
/// </summary>
internal sealed class ContentWriter : IAsyncDisposable
{
    public const int ChunkSize = ManifestShape.DefaultChunkSize;

    /// <summary>Chunks that are looked up, and written, together.</summary>
    private const int Batch = 16;

    private readonly ChunkSession _session;
    private readonly ChunkedDisk? _basis;
    private readonly ManifestBuilder _manifest;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(Batch * ChunkSize);
    private int _held;

    /// <param name="session">Goes with the writer.</param>
    /// <param name="basis">What can be kept; goes with the writer, and is read by nobody else. Null if there is none.</param>
    public ContentWriter(ChunkSession session, ChunkedDisk? basis)
    {
        _session = session;
        _basis = basis;
        _manifest = new ManifestBuilder(ChunkSize, session);
    }

    public long Length { get; private set; }

    /// <inheritdoc cref="ChunkSession.Added"/>
    public long Added => _session.Added;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(bytes.Length, _buffer.Length - _held);
            bytes.Span[..count].CopyTo(_buffer.AsSpan(_held));
            await HoldAsync(count, ct);
            bytes = bytes[count..];
        }
    }

    public async ValueTask WriteZerosAsync(long length, CancellationToken ct)
    {
        while (length > 0)
        {
            if (_held == 0 && length >= ChunkSize)
            {
                await _manifest.AppendZerosAsync(length / ChunkSize, ct);
                Length += length / ChunkSize * ChunkSize;
                length %= ChunkSize;
                continue;
            }

            // To the end of a chunk, from where on they cost nothing; what came before is cut off there.
            var count = (int)Math.Min(length, ChunkSize - (_held % ChunkSize));
            _buffer.AsSpan(_held, count).Clear();
            await HoldAsync(count, ct);
            length -= count;
            if (_held % ChunkSize == 0)
                await CutAsync(ct);
        }
    }

    /// <summary>Takes over the next chunks from the same place of the basis. To be called at the beginning of a chunk.</summary>
    /// <param name="length">Bytes: whole chunks, but for the last of the basis.</param>
    public async ValueTask KeepAsync(long length, CancellationToken ct)
    {
        await CutAsync(ct);
        await _manifest.AppendFromAsync(_basis!.Manifest, (length + ChunkSize - 1) / ChunkSize, ct);
        Length += length;
    }

    /// <summary>Makes the content durable.</summary>
    /// <returns>The root of its manifest; null if it is empty or all zeros.</returns>
    public async Task<ManifestName?> CompleteAsync(CancellationToken ct)
    {
        await CutAsync(ct);
        var root = await _manifest.CompleteAsync(Length, ct);
        await _session.CompleteAsync(ct);
        return root;
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        _basis?.Dispose();
    }

    private async ValueTask HoldAsync(int count, CancellationToken ct)
    {
        _held += count;
        Length += count;
        if (_held == _buffer.Length)
            await CutAsync(ct);
    }

    private async Task CutAsync(CancellationToken ct)
    {
        var chunks = new List<(ChunkHash Hash, ReadOnlyMemory<byte> Content)>(Batch);
        for (var offset = 0; offset < _held; offset += ChunkSize)
        {
            var content = _buffer.AsMemory(offset, Math.Min(ChunkSize, _held - offset));
            if (!content.Span.ContainsAnyExcept((byte)0))
            {
                await _manifest.AppendZerosAsync(1, ct);
                continue;
            }

            var hash = ChunkHash.Of(content.Span);
            chunks.Add((hash, content));
            await _manifest.AppendAsync(hash, ct);
        }

        _held = 0;
        if (chunks.Count > 0)
            await _session.WriteAsync(chunks, ct);
    }
}
