using Tintype.Storage.Chunks.Manifests;

namespace Tintype.Storage.Chunks;

/// <summary>
/// Cuts what is written into chunks, and builds the manifest over their names.
/// <code>
/// bytes ─► batch ─► hashed, zeros found ─► usable by the index? ─► no: compressed ─► the batch before is done ─► session, manifest
///          (by whoever writes)   (batches side by side, as many as there are processors)        (one after another)
/// </code>
/// A fixed number of batches goes round, so that who writes waits for the slowest, and memory does not grow with the content.
/// </summary>
internal sealed class ContentWriter : IAsyncDisposable
{
    public const int ChunkSize = ManifestShape.DefaultChunkSize;

    /// <summary>For the writers of a moment, as long as that is not too few for one: chunks in all batches that are filled at once.</summary>
    private const int Shared = 64;

    private static int _writers;

    private readonly ChunkSession _session;
    private readonly ChunkedDisk? _basis;
    private readonly ManifestBuilder _manifest;
    private readonly int _chunksPerBatch;
    private readonly SemaphoreSlim _free;
    private readonly CancellationTokenSource _abandoned = new();
    private ChunkBatch? _filling;
    private Task _last = Task.CompletedTask;

    /// <param name="session">Goes with the writer.</param>
    /// <param name="basis">What can be kept; goes with the writer, and is read by nobody else. Null if there is none.</param>
    public ContentWriter(ChunkSession session, ChunkedDisk? basis)
    {
        _session = session;
        _basis = basis;
        _manifest = new ManifestBuilder(ChunkSize, session);
        var writers = Interlocked.Increment(ref _writers);
        _chunksPerBatch = Math.Clamp(Shared / writers, 4, 16);
        // One to fill, and one more for each processor that this writer may have to itself.
        _free = new SemaphoreSlim(1 + Math.Clamp(2 * Environment.ProcessorCount / writers, 1, 5));
    }

    public long Length { get; private set; }

    /// <inheritdoc cref="ChunkSession.Added"/>
    public long Added => _session.Added;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        while (!bytes.IsEmpty)
        {
            var batch = await FillingAsync(ct);
            var count = batch.Write(bytes.Span);
            Length += count;
            bytes = bytes[count..];
            await PassOnAsync(batch, ct);
        }
    }

    public async ValueTask WriteZerosAsync(long length, CancellationToken ct)
    {
        while (length > 0)
        {
            var batch = await FillingAsync(ct);
            // To the end of the chunk as bytes; from there on they cost nothing.
            var count = Length % ChunkSize == 0 && length >= ChunkSize
                ? batch.Skip(length / ChunkSize) * ChunkSize
                : batch.WriteZeros((int)Math.Min(length, ChunkSize - (Length % ChunkSize)));
            Length += count;
            length -= count;
            await PassOnAsync(batch, ct);
        }
    }

    /// <summary>Takes over the next chunks from the same place of the basis. To be called at the beginning of a chunk.</summary>
    /// <param name="length">Bytes: whole chunks, but for the last of the basis.</param>
    public async ValueTask KeepAsync(long length, CancellationToken ct)
    {
        var batch = await FillingAsync(ct);
        batch.Keep((length + ChunkSize - 1) / ChunkSize);
        Length += length;
        await PassOnAsync(batch, ct);
    }

    /// <inheritdoc cref="ChunkSession.EndAsync"/>
    public Task EndAsync(CancellationToken ct) => _session.EndAsync(ct);

    /// <summary>Makes the content durable.</summary>
    /// <returns>The root of its manifest; null if it is empty or all zeros.</returns>
    public async Task<ManifestName?> CompleteAsync(CancellationToken ct)
    {
        if (_filling is { } batch)
            PassOn(batch);
        await _last.WaitAsync(ct);
        var root = await _manifest.CompleteAsync(Length, ct);
        await _session.CompleteAsync(ct);
        return root;
    }

    public async ValueTask DisposeAsync()
    {
        await _abandoned.CancelAsync();
        // What failed has been told to whoever wrote, unless he gave up before.
        await _last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _filling?.Dispose();
        await _session.DisposeAsync();
        _basis?.Dispose();
        _abandoned.Dispose();
        _free.Dispose();
        Interlocked.Decrement(ref _writers);
    }

    private async ValueTask<ChunkBatch> FillingAsync(CancellationToken ct)
    {
        if (_filling is { } batch)
            return batch;
        await _free.WaitAsync(ct);
        return _filling = new ChunkBatch(_chunksPerBatch);
    }

    private async ValueTask PassOnAsync(ChunkBatch batch, CancellationToken ct)
    {
        if (!batch.IsFull)
            return;
        PassOn(batch);
        if (_last.IsFaulted)
            await _last;
        ct.ThrowIfCancellationRequested();
    }

    private void PassOn(ChunkBatch batch)
    {
        _filling = null;
        var before = _last;
        _last = Task.Run(() => ProcessAsync(batch, before, _abandoned.Token));
    }

    private async Task ProcessAsync(ChunkBatch batch, Task before, CancellationToken ct)
    {
        try
        {
            try
            {
                await batch.PrepareAsync(_session, ct);
            }
            finally
            {
                // Also where this one has failed: the last to end is the last.
                await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await before;
            await batch.AppendAsync(_session, _manifest, _basis?.Manifest, ct);
        }
        finally
        {
            batch.Dispose();
            _free.Release();
        }
    }
}
