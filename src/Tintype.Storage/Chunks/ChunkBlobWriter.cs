using Tintype.Storage.Chunks.Manifests;

namespace Tintype.Storage.Chunks;

/// <summary>
/// Cuts what is written into chunks, and builds the manifest over their names as they come.
/// <code>
/// bytes ─► 16 chunks ─► hashed ─► zeros? ─► named by the manifest
///                                    └─ no ─► session ─► named by the manifest
/// </code>
/// On commit first the chunks become durable, then the record that refers to them.
/// </summary>
internal sealed class ChunkBlobWriter : IBlobWriter, ISparseWritable
{
    /// <summary>Chunks that are looked up, and written, together.</summary>
    private const int Batch = 16;

    private const int ChunkSize = ManifestShape.DefaultChunkSize;

    private readonly IBlobWriter _record;
    private readonly ChunkSession _session;
    private readonly ManifestBuilder _manifest;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(Batch * ChunkSize);
    private int _held;
    private bool _committed;

    public ChunkBlobWriter(IBlobWriter record, ChunkSession session)
    {
        _record = record;
        _session = session;
        _manifest = new ManifestBuilder(ChunkSize, session);
    }

    public long Length { get; private set; }

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

    public async Task CommitAsync(CancellationToken ct)
    {
        if (_committed)
            throw new InvalidOperationException("A blob is committed once.");
        ct.ThrowIfCancellationRequested();
        _committed = true;
        await CutAsync(ct);
        var root = await _manifest.CompleteAsync(Length, ct);
        // The chunks first, then what refers to them.
        await _session.CompleteAsync(ct);
        await _record.WriteAsync(ChunkedBlob.Of(new ManifestShape(Length, ChunkSize), root).Encode(), ct);
        await _record.CommitAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await _record.DisposeAsync();
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
