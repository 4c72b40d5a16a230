using Tintype.Storage;
using Tintype.Storage.Chunks;
using Tintype.Storage.Local;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.Tests.Storage.Chunks;

/// <summary>How much is on its way into the store at once.</summary>
public sealed class ChunkIngestTests : IDisposable
{
    private const int Piece = 64 * 1024;
    private const int Mib = 1 << 20;

    private readonly TemporaryDirectory _folder = new();
    private readonly LocalStore _packs;
    private readonly LocalStore _records;

    public ChunkIngestTests()
    {
        _packs = LocalStore.Open("chunks", _folder.Combine("packs"));
        _records = LocalStore.Open("chunks", _folder.Combine("records"));
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Who_writes_waits_for_a_slow_store_and_memory_does_not_grow()
    {
        var slow = new HeldStore(_packs);
        var store = new ChunkStore("chunks", _records, slow, new MemoryIndex());
        var id = Guid.NewGuid();
        await using var writer = await store.CreateAsync(id, Ct);

        var (taken, waiting) = Fill(writer, 1, 64 * Mib);
        Assert.InRange(taken, Piece, 8 * Mib);

        slow.LetGo();
        await waiting;
        await writer.CommitAsync(Ct);
        var random = new Random(1);
        var expected = new byte[Piece];
        await using var stream = await store.OpenReadAsync(id, Ct);
        Assert.Equal(taken, stream.Length);
        for (long at = 0; at < taken; at += Piece)
        {
            random.NextBytes(expected);
            var found = new byte[Piece];
            await stream.ReadExactlyAsync(found, Ct);
            Assert.Equal(expected, found);
        }
    }

    [Fact]
    public async Task Many_that_write_at_once_share_what_one_may_take()
    {
        var slow = new HeldStore(_packs);
        var store = new ChunkStore("chunks", _records, slow, new MemoryIndex());
        var writers = new List<IBlobWriter>();
        var waits = new List<Task>();
        long taken = 0;
        for (var i = 0; i < 32; i++)
        {
            writers.Add(await store.CreateAsync(Guid.NewGuid(), Ct));
            var (bytes, waiting) = Fill(writers[i], i, 64 * Mib);
            taken += bytes;
            waits.Add(waiting);
        }

        Assert.InRange(taken, 32 * Piece, 48 * Mib);
        slow.LetGo();
        await Task.WhenAll(waits);
        foreach (var writer in writers)
        {
            await writer.CommitAsync(Ct);
            await writer.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_is_given_up_while_the_store_is_slow_leaves_nothing()
    {
        var slow = new HeldStore(_packs);
        var store = new ChunkStore("chunks", _records, slow, new MemoryIndex());
        await using (var writer = await store.CreateAsync(Guid.NewGuid(), Ct))
        {
            using var cancelled = new CancellationTokenSource();
            var (_, waiting) = Fill(writer, 1, 64 * Mib, cancelled.Token);
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }

        Assert.Empty(await _packs.ListAsync(Ct).ToListAsync(Ct));
        Assert.Empty(await _records.ListAsync(Ct).ToListAsync(Ct));
    }

    /// <summary>Writes random bytes until the writer has no more room, which without a store that takes them it never has again.</summary>
    /// <returns>Bytes, the last piece, which waits, included.</returns>
    private static (long Taken, Task Waiting) Fill(IBlobWriter writer, int seed, long most, CancellationToken? ct = null)
    {
        var random = new Random(seed);
        for (long taken = Piece; taken <= most; taken += Piece)
        {
            var piece = new byte[Piece];
            random.NextBytes(piece);
            var written = writer.WriteAsync(piece, ct ?? Ct).AsTask();
            if (!written.IsCompletedSuccessfully)
                return (taken, written);
        }

        return (most, Task.CompletedTask);
    }

    /// <summary>Begins nothing before it is let go.</summary>
    private sealed class HeldStore(LocalStore inner) : IBlobStore, IRangeReadable
    {
        private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Name => inner.Name;

        public void LetGo() => _gate.SetResult();

        public async Task<IBlobWriter> CreateAsync(Guid id, CancellationToken ct)
        {
            await _gate.Task.WaitAsync(ct);
            return await inner.CreateAsync(id, ct);
        }

        public Task<Stream> OpenReadAsync(Guid id, CancellationToken ct) => inner.OpenReadAsync(id, ct);

        public Task<Stream> OpenRangeAsync(Guid id, long offset, long length, CancellationToken ct) => inner.OpenRangeAsync(id, offset, length, ct);

        public Task DeleteAsync(Guid id, CancellationToken ct) => inner.DeleteAsync(id, ct);

        public IAsyncEnumerable<StoredBlob> ListAsync(CancellationToken ct) => inner.ListAsync(ct);
    }
}
