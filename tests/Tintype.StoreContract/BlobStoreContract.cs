using Tintype.Storage;
using Xunit;

namespace Tintype.StoreContract;

/// <summary>What every store must do: write whole or not at all, keep, list, delete.</summary>
public abstract class BlobStoreContract : IAsyncLifetime
{
    private StoreUnderTest? _under;

    protected abstract StoreUnderTest Create();

    private StoreUnderTest Under => _under!;

    private IBlobStore Store => Under.Store;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _under = Create();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Under.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(65535)]
    [InlineData(1_000_003)]
    [InlineData(20_000_000)]
    public async Task What_was_written_is_read_back(int length)
    {
        var bytes = Blobs.Pattern(length, length);
        var id = await Store.WriteAsync(bytes, Ct);

        Assert.Equal(bytes, await Store.ReadAsync(id, Ct));
        Assert.Equal(bytes, await Under.Reopen().ReadAsync(id, Ct));
    }

    [Fact]
    public async Task Pieces_of_any_size_and_runs_of_zeros_anywhere_come_back_as_they_were()
    {
        var random = new Random(7);
        for (var round = 0; round < 20; round++)
        {
            using var expected = new MemoryStream();
            var id = Guid.NewGuid();
            await using (var writer = await Store.CreateAsync(id, Ct))
            {
                for (var piece = random.Next(1, 12); piece > 0; piece--)
                {
                    var bytes = Blobs.Pattern(random.Next(0, 400_000), random.Next());
                    if (random.Next(2) == 0)
                        Array.Clear(bytes);
                    else
                        bytes.AsSpan(bytes.Length / 4, bytes.Length / 2).Clear();
                    await writer.WriteAsync(bytes, Ct);
                    expected.Write(bytes);
                    Assert.Equal(expected.Length, writer.Length);
                }

                await writer.CommitAsync(Ct);
            }

            Assert.Equal(expected.ToArray(), await Store.ReadAsync(id, Ct));
        }
    }

    [Fact]
    public async Task A_blob_is_nowhere_before_it_is_committed()
    {
        var id = Guid.NewGuid();
        await using var writer = await Store.CreateAsync(id, Ct);
        await writer.WriteAsync(Blobs.Pattern(100_000, 1), Ct);

        await Assert.ThrowsAsync<BlobNotFoundException>(() => Store.OpenReadAsync(id, Ct));
        Assert.DoesNotContain(await Store.EntriesAsync(Ct), blob => blob.Id == id && blob.Committed);

        await writer.CommitAsync(Ct);
        Assert.Equal(100_000, (await Store.ReadAsync(id, Ct)).Length);
    }

    [Fact]
    public async Task What_is_not_committed_is_removed_with_its_writer()
    {
        var id = Guid.NewGuid();
        await using (var writer = await Store.CreateAsync(id, Ct))
            await writer.WriteAsync(Blobs.Pattern(100_000, 1), Ct);

        Assert.Empty(await Store.EntriesAsync(Ct));
        await Assert.ThrowsAsync<BlobNotFoundException>(() => Store.OpenReadAsync(id, Ct));
    }

    [Fact]
    public async Task What_a_crash_leaves_is_listed_as_unfinished_and_can_be_deleted()
    {
        var id = Guid.NewGuid();
        // Never disposed: as if the process had ended here.
        var abandoned = await Store.CreateAsync(id, Ct);
        await abandoned.WriteAsync(Blobs.Pattern(200_000, 1), Ct);

        var reopened = Under.Reopen();
        var left = Assert.Single(await reopened.EntriesAsync(Ct));
        Assert.Equal((id, false), (left.Id, left.Committed));

        await reopened.DeleteAsync(id, Ct);
        Assert.Empty(await reopened.EntriesAsync(Ct));
        await abandoned.DisposeAsync();
    }

    [Fact]
    public async Task The_list_tells_length_and_time_of_every_blob()
    {
        var before = DateTimeOffset.UtcNow.AddSeconds(-5);
        var ids = new Dictionary<Guid, long>();
        foreach (var length in new[] { 0, 10, 300_000 })
            ids.Add(await Store.WriteAsync(Blobs.Pattern(length, length), Ct), length);

        var listed = await Store.EntriesAsync(Ct);

        Assert.Equal(ids.OrderBy(i => i.Key), listed.ToDictionary(b => b.Id, b => b.Length).OrderBy(i => i.Key));
        Assert.All(listed, blob =>
        {
            Assert.True(blob.Committed);
            Assert.InRange(blob.ModifiedAt, before, DateTimeOffset.UtcNow.AddSeconds(5));
        });
    }

    [Fact]
    public async Task Reading_what_is_not_there_says_which_blob_of_which_store()
    {
        var id = Guid.NewGuid();
        var missing = await Assert.ThrowsAsync<BlobNotFoundException>(() => Store.OpenReadAsync(id, Ct));
        Assert.Contains(id.ToString(), missing.Message, StringComparison.Ordinal);
        Assert.Contains(Store.Name, missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deleting_is_final_and_may_be_repeated()
    {
        var id = await Store.WriteAsync(Blobs.Pattern(1000, 1), Ct);
        var other = await Store.WriteAsync(Blobs.Pattern(1000, 2), Ct);

        await Store.DeleteAsync(id, Ct);
        await Store.DeleteAsync(id, Ct);
        await Store.DeleteAsync(Guid.NewGuid(), Ct);

        await Assert.ThrowsAsync<BlobNotFoundException>(() => Store.OpenReadAsync(id, Ct));
        Assert.Equal(other, Assert.Single(await Store.EntriesAsync(Ct)).Id);
    }

    [Fact]
    public async Task A_blob_being_read_survives_its_deletion_until_the_reader_is_done()
    {
        var bytes = Blobs.Pattern(3_000_000, 3);
        var id = await Store.WriteAsync(bytes, Ct);
        await using var stream = await Store.OpenReadAsync(id, Ct);
        var first = new byte[1000];
        await stream.ReadExactlyAsync(first, Ct);

        await Store.DeleteAsync(id, Ct);

        Assert.Equal(bytes, first.Concat(await stream.ToArrayAsync(Ct)));
    }

    [Fact]
    public async Task An_id_is_never_written_twice()
    {
        var bytes = Blobs.Pattern(1000, 1);
        var id = await Store.WriteAsync(bytes, Ct);
        await Assert.ThrowsAnyAsync<IOException>(() => Store.CreateAsync(id, Ct));

        var unfinished = Guid.NewGuid();
        await using var writer = await Store.CreateAsync(unfinished, Ct);
        await Assert.ThrowsAnyAsync<IOException>(() => Store.CreateAsync(unfinished, Ct));
        Assert.Equal(bytes, await Store.ReadAsync(id, Ct));
    }

    [Fact]
    public async Task A_writer_commits_once()
    {
        await using var writer = await Store.CreateAsync(Guid.NewGuid(), Ct);
        await writer.CommitAsync(Ct);
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.CommitAsync(Ct));
        Assert.Single(await Store.EntriesAsync(Ct));
    }

    [Fact]
    public async Task Many_write_read_and_delete_at_once()
    {
        await Parallel.ForAsync(0, 24, Ct, async (i, ct) =>
        {
            var bytes = Blobs.Pattern(150_000 + i, i);
            var id = await Store.WriteAsync(bytes, ct);
            Assert.Equal(bytes, await Store.ReadAsync(id, ct));
            if (i % 2 == 0)
                await Store.DeleteAsync(id, ct);
        });

        Assert.Equal(12, (await Store.EntriesAsync(Ct)).Count);
    }

    [Fact]
    public async Task A_cancelled_write_leaves_nothing()
    {
        using var cancelled = new CancellationTokenSource();
        await using (var writer = await Store.CreateAsync(Guid.NewGuid(), Ct))
        {
            await writer.WriteAsync(Blobs.Pattern(1000, 1), Ct);
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writer.CommitAsync(cancelled.Token));
        }

        Assert.Empty(await Store.EntriesAsync(Ct));
    }
}
