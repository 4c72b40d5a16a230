using System.Buffers;
using Tintype.Storage.Chunks.Manifests;

namespace Tintype.Storage.Chunks;

/// <summary>A few chunks of a content, with the zeros and the kept parts between them: what is looked up, and written, together.</summary>
internal sealed class ChunkBatch : IDisposable
{
    private const int ChunkSize = ContentWriter.ChunkSize;

    /// <summary>Beyond this many parts it is full, however few bytes they have.</summary>
    private const int MostParts = 256;

    private static readonly ArrayPool<byte> _buffers = ArrayPool<byte>.Create(16 * ChunkSize, maxArraysPerBucket: 16);
    // More at once would only take turns.
    private static readonly SemaphoreSlim _processors = new(Environment.ProcessorCount);

    private readonly byte[] _buffer;
    private readonly int _capacity;
    private readonly List<Part> _parts = [];
    private int _held;

    public ChunkBatch(int chunks)
    {
        _capacity = chunks * ChunkSize;
        _buffer = _buffers.Rent(_capacity);
    }

    public bool IsFull => _held == _capacity || (_parts.Count >= MostParts && _held % ChunkSize == 0);

    /// <summary>Takes what there is room for.</summary>
    /// <returns>Bytes taken.</returns>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        var count = Math.Min(bytes.Length, _capacity - _held);
        bytes[..count].CopyTo(_buffer.AsSpan(_held));
        Hold(count);
        return count;
    }

    /// <summary>Zeros within a chunk.</summary>
    /// <returns>Bytes taken.</returns>
    public int WriteZeros(int length)
    {
        _buffer.AsSpan(_held, length).Clear();
        Hold(length);
        return length;
    }

    /// <summary>Whole chunks of zeros.</summary>
    /// <returns>Chunks taken.</returns>
    public long Skip(long chunks)
    {
        _parts.Add(new Part(PartKind.Zeros, 0, chunks));
        return chunks;
    }

    /// <summary>Chunks of the basis.</summary>
    public void Keep(long chunks) => _parts.Add(new Part(PartKind.Kept, 0, chunks));

    /// <summary>Names the chunks, and compresses those that the session has to store. Touches nothing that other batches do.</summary>
    public async Task PrepareAsync(ChunkSession session, CancellationToken ct)
    {
        await _processors.WaitAsync(ct);
        var codec = CodecPool.Take();
        try
        {
            for (var i = 0; i < _parts.Count; i++)
                _parts[i] = Named(_parts[i]);
            var usable = await session.FindUsableAsync([.. _parts.Where(p => p.Kind == PartKind.Chunk).Select(p => p.Hash).Distinct()], ct);
            for (var i = 0; i < _parts.Count; i++)
            {
                if (_parts[i].Kind == PartKind.Chunk)
                    _parts[i] = usable.Contains(_parts[i].Hash) ? _parts[i] with { Kind = PartKind.Known } : Encoded(_parts[i], codec);
            }
        }
        finally
        {
            CodecPool.Return(codec);
            _processors.Release();
        }
    }

    /// <summary>Brings what was prepared into the session and the manifest, behind that of the batches before.</summary>
    public async Task AppendAsync(ChunkSession session, ManifestBuilder manifest, ManifestTree? basis, CancellationToken ct)
    {
        await StoreAsync(session, ct);
        foreach (var part in _parts)
        {
            switch (part.Kind)
            {
                case PartKind.Zeros:
                    await manifest.AppendZerosAsync(part.Count, ct);
                    break;
                case PartKind.Kept:
                    await manifest.AppendFromAsync(basis!, part.Count, ct);
                    break;
                default:
                    await manifest.AppendAsync(part.Hash, ct);
                    break;
            }
        }
    }

    public void Dispose() => _buffers.Return(_buffer);

    // All that is new in one write: moved together, each towards the front, where what came before has left room.
    private async Task StoreAsync(ChunkSession session, CancellationToken ct)
    {
        var chunks = new List<StoredChunk>(_parts.Count);
        var end = 0;
        foreach (var part in _parts)
        {
            if (part.Kind != PartKind.Chunk || session.IsOurs(part.Hash) || chunks.Exists(c => c.Hash == part.Hash))
                continue;
            _buffer.AsSpan(part.Offset, part.StoredLength).CopyTo(_buffer.AsSpan(end));
            chunks.Add(new StoredChunk(part.Hash, part.Encoding, part.StoredLength, (int)part.Count));
            end += part.StoredLength;
        }

        if (chunks.Count > 0)
            await session.AppendAsync(chunks, _buffer.AsMemory(0, end), ct);
    }

    // The last of the content may end within a chunk: it is cut where it ends.
    private void Hold(int count)
    {
        for (var end = _held + count; _held < end;)
        {
            var within = _held % ChunkSize;
            var step = Math.Min(end - _held, ChunkSize - within);
            if (within == 0)
                _parts.Add(new Part(PartKind.Chunk, _held, step));
            else
                _parts[^1] = _parts[^1] with { Count = _parts[^1].Count + step };
            _held += step;
        }
    }

    private Part Named(Part part)
    {
        if (part.Kind != PartKind.Chunk)
            return part;
        var content = _buffer.AsSpan(part.Offset, (int)part.Count);
        return content.ContainsAnyExcept((byte)0) ? part with { Hash = ChunkHash.Of(content) } : new Part(PartKind.Zeros, 0, 1);
    }

    // In its own place, of which it needs less.
    private Part Encoded(Part part, ChunkCodec codec)
    {
        var content = _buffer.AsSpan(part.Offset, (int)part.Count);
        return codec.TryCompress(content, out var compressed)
            ? part with { Encoding = ChunkEncoding.Zstandard, StoredLength = Put(compressed, content) }
            : part with { Encoding = ChunkEncoding.Plain, StoredLength = content.Length };
    }

    private static int Put(ReadOnlySpan<byte> bytes, Span<byte> place)
    {
        bytes.CopyTo(place);
        return bytes.Length;
    }

    private enum PartKind
    {
        Chunk,
        Known,
        Zeros,
        Kept,
    }

    /// <summary>What comes next in the content.</summary>
    /// <param name="Offset">Of a chunk's bytes in the buffer.</param>
    /// <param name="Count">Of a chunk its bytes, of what else there is its chunks.</param>
    private readonly record struct Part(PartKind Kind, int Offset, long Count)
    {
        public ChunkHash Hash { get; init; }
        public ChunkEncoding Encoding { get; init; }
        public int StoredLength { get; init; }
    }
}
