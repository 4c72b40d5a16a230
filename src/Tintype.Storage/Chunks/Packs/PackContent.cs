using System.Runtime.CompilerServices;

namespace Tintype.Storage.Chunks.Packs;

/// <summary>Reads the chunks of a pack in the order of their places, and checks each. Serves one reader at a time.</summary>
internal sealed class PackContent(IRangeReadable packs) : IDisposable
{
    private const int RunLength = 1 << 20;

    private readonly ChunkCodec _codec = new();
    private byte[] _stored = [];
    private byte[] _content = [];

    /// <param name="entries">By their places.</param>
    /// <exception cref="BlobNotFoundException">There is no such pack.</exception>
    public async IAsyncEnumerable<CheckedChunk> ReadAsync(Guid pack, IReadOnlyList<PackEntry> entries, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var first = 0; first < entries.Count;)
        {
            var end = first + 1;
            while (end < entries.Count && entries[end].Offset == entries[end - 1].Offset + entries[end - 1].StoredLength
                && entries[end].Offset + entries[end].StoredLength - entries[first].Offset <= RunLength)
                end++;
            var isWhole = await TryReadAsync(pack, entries[first], entries[end - 1], ct) is null;
            var start = entries[first].Offset;
            for (; first < end; first++)
            {
                var entry = entries[first];
                // What cannot be read together may be readable in part.
                var problem = isWhole ? null : await TryReadAsync(pack, entry, entry, ct);
                var stored = _stored.AsMemory(isWhole ? (int)(entry.Offset - start) : 0, entry.StoredLength);
                yield return new CheckedChunk(entry, stored, problem ?? Check(entry, stored.Span));
            }
        }
    }

    public void Dispose() => _codec.Dispose();

    private async Task<string?> TryReadAsync(Guid pack, PackEntry first, PackEntry last, CancellationToken ct)
    {
        var length = (int)(last.Offset + last.StoredLength - first.Offset);
        if (_stored.Length < length)
            _stored = GC.AllocateUninitializedArray<byte>(length);
        try
        {
            await using var stream = await packs.OpenRangeAsync(pack, first.Offset, length, ct);
            await stream.ReadExactlyAsync(_stored.AsMemory(0, length), ct);
            return null;
        }
        catch (ArgumentOutOfRangeException)
        {
            return $"the pack {pack} ends before it";
        }
        catch (IOException unreadable) when (unreadable is not BlobNotFoundException)
        {
            return $"the pack {pack} cannot be read there: {unreadable.Message}";
        }
    }

    private string? Check(PackEntry entry, ReadOnlySpan<byte> stored)
    {
        if (_content.Length < entry.Length)
            _content = GC.AllocateUninitializedArray<byte>(entry.Length);
        try
        {
            _codec.Decode(entry.Hash, entry.Encoding, stored, _content.AsSpan(0, entry.Length));
            return null;
        }
        catch (ChunkDamagedException damaged)
        {
            return damaged.Message;
        }
    }
}

/// <summary>A chunk of a pack that has been read.</summary>
/// <param name="Stored">As it lies in the pack, until the next one is asked for.</param>
/// <param name="Problem">Why it is not the chunk that its name says; null if it is.</param>
internal readonly record struct CheckedChunk(PackEntry Entry, ReadOnlyMemory<byte> Stored, string? Problem);
