using Tintype.Storage;
using Xunit;

namespace Tintype.StoreContract;

/// <summary>For stores that are <see cref="IRangeReadable"/>.</summary>
public abstract class RangeReadableContract
{
    protected abstract StoreUnderTest Create();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 500_000)]
    [InlineData(65_535, 2)]
    [InlineData(499_999, 1)]
    [InlineData(123_457, 300_000)]
    [InlineData(500_000, 0)]
    public async Task A_range_is_read_alone(int offset, int length)
    {
        await using var under = Create();
        var bytes = Blobs.Pattern(500_000, 5);
        var id = await under.Store.WriteAsync(bytes, Ct);

        await using var stream = await ((IRangeReadable)under.Store).OpenRangeAsync(id, offset, length, Ct);

        Assert.Equal(bytes[offset..(offset + length)], await stream.ToArrayAsync(Ct));
    }

    [Fact]
    public async Task A_range_beyond_the_end_is_refused_and_a_missing_blob_is_missing()
    {
        await using var under = Create();
        var id = await under.Store.WriteAsync(Blobs.Pattern(1000, 1), Ct);
        var ranges = (IRangeReadable)under.Store;

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => ranges.OpenRangeAsync(id, 900, 101, Ct));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => ranges.OpenRangeAsync(id, long.MaxValue, 1, Ct));
        await Assert.ThrowsAsync<BlobNotFoundException>(() => ranges.OpenRangeAsync(Guid.NewGuid(), 0, 1, Ct));
    }
}

/// <summary>For stores that are <see cref="ILocalFile"/>.</summary>
public abstract class LocalFileContract
{
    protected abstract StoreUnderTest Create();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_file_holds_the_blob_and_nothing_else()
    {
        await using var under = Create();
        var bytes = Blobs.Pattern(300_000, 3);
        byte[] whole = [.. bytes, .. new byte[300_000]];
        var id = await under.Store.WriteAsync(whole, Ct);
        var files = (ILocalFile)under.Store;

        Assert.Equal(whole, await File.ReadAllBytesAsync(files.PathOf(id), Ct));
        await under.Store.DeleteAsync(id, Ct);
        Assert.Throws<BlobNotFoundException>(() => { _ = files.PathOf(id); });
    }
}

/// <summary>For stores whose writers are <see cref="ISparseWritable"/>.</summary>
public abstract class SparseWritableContract
{
    protected abstract StoreUnderTest Create();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_terabyte_of_zeros_is_written_in_no_time_and_read_as_zeros()
    {
        const long Zeros = 1L << 40;
        await using var under = Create();
        var id = Guid.NewGuid();
        await using (var writer = await under.Store.CreateAsync(id, Ct))
        {
            await writer.WriteAsync(new byte[] { 1, 2, 3 }, Ct);
            await ((ISparseWritable)writer).WriteZerosAsync(Zeros, Ct);
            await writer.WriteAsync(new byte[] { 4 }, Ct);
            await ((ISparseWritable)writer).WriteZerosAsync(5, Ct);
            Assert.Equal(Zeros + 9, writer.Length);
            await writer.CommitAsync(Ct);
        }

        Assert.Equal(Zeros + 9, Assert.Single(await under.Store.EntriesAsync(Ct)).Length);
        await using var stream = await under.Store.OpenReadAsync(id, Ct);
        var head = new byte[10];
        await stream.ReadExactlyAsync(head, Ct);
        Assert.Equal([1, 2, 3, 0, 0, 0, 0, 0, 0, 0], head);
        if (under.Store is IRangeReadable ranges)
        {
            await using var tail = await ranges.OpenRangeAsync(id, Zeros + 1, 8, Ct);
            Assert.Equal([0, 0, 4, 0, 0, 0, 0, 0], await tail.ToArrayAsync(Ct));
        }
    }
}

/// <summary>For stores that can be full.</summary>
public abstract class FullStoreContract
{
    /// <summary>A store that is an <see cref="ISmallStore"/>; skips the test, with the reason, where none can be had.</summary>
    protected abstract Task<StoreUnderTest> CreateSmallAsync();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_store_says_so_keeps_nothing_and_takes_what_fits_afterwards()
    {
        await using var under = await CreateSmallAsync();
        var kept = await under.Store.WriteAsync(Blobs.Pattern(50_000, 1), Ct);
        var tooMuch = ((ISmallStore)under).TooMuch;

        await Assert.ThrowsAsync<StorageFullException>(async () =>
        {
            await using var writer = await under.Store.CreateAsync(Guid.NewGuid(), Ct);
            for (var written = 0; written < tooMuch; written += 256 * 1024)
                await writer.WriteAsync(Blobs.Pattern(256 * 1024, 2 + written), Ct);
            await writer.CommitAsync(Ct);
        });

        Assert.Equal(kept, Assert.Single(await under.Store.EntriesAsync(Ct)).Id);
        var second = await under.Store.WriteAsync(Blobs.Pattern(60_000, 3), Ct);
        Assert.Equal(Blobs.Pattern(60_000, 3), await under.Store.ReadAsync(second, Ct));
        Assert.Equal(Blobs.Pattern(50_000, 1), await under.Store.ReadAsync(kept, Ct));
    }
}

/// <summary>For stores that are <see cref="IFileAdopting"/>.</summary>
public abstract class FileAdoptingContract
{
    protected abstract StoreUnderTest Create();

    /// <summary>A file that the store can take.</summary>
    protected abstract string NewFile(StoreUnderTest under);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_adopted_file_is_a_blob_that_outlives_its_first_name()
    {
        await using var under = Create();
        var bytes = Blobs.Pattern(300_000, 9);
        var file = NewFile(under);
        await File.WriteAllBytesAsync(file, bytes, Ct);
        var id = Guid.NewGuid();

        Assert.True(await ((IFileAdopting)under.Store).TryAdoptAsync(file, id, Ct));
        File.Delete(file);

        Assert.Equal(bytes, await under.Reopen().ReadAsync(id, Ct));
        Assert.Equal([(id, 300_000L, true)], (await under.Store.EntriesAsync(Ct)).Select(e => (e.Id, e.Length, e.Committed)));
    }

    [Fact]
    public async Task A_file_of_elsewhere_is_not_adopted_and_no_blob_is_replaced()
    {
        await using var under = Create();
        var adopting = (IFileAdopting)under.Store;
        // /dev/shm is a file system of its own on every Linux.
        var elsewhere = Path.Combine("/dev/shm", $"tt-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(elsewhere, "x", Ct);
        try
        {
            Assert.False(await adopting.TryAdoptAsync(elsewhere, Guid.NewGuid(), Ct));
        }
        finally
        {
            File.Delete(elsewhere);
        }

        var id = await under.Store.WriteAsync(Blobs.Pattern(1000, 1), Ct);
        var file = NewFile(under);
        await File.WriteAllTextAsync(file, "y", Ct);
        await Assert.ThrowsAsync<IOException>(() => adopting.TryAdoptAsync(file, id, Ct));
        Assert.Equal(Blobs.Pattern(1000, 1), await under.Store.ReadAsync(id, Ct));
        File.Delete(file);
    }
}
