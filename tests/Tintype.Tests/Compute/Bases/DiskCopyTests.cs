using System.Runtime.CompilerServices;
using Tintype.Compute.Bases;
using Tintype.Platform;
using Tintype.Qemu.Disks;
using Tintype.Storage;
using Xunit;

namespace Tintype.Tests.Compute.Bases;

public sealed class DiskCopyTests
{
    private const int Kib = 1024;

    private static readonly ChangedExtent[] _runs =
    [
        new(0, 5000 * Kib, Change.Data), new(5000 * Kib, 64 * Kib, Change.None), new(5064 * Kib, 1000 * Kib, Change.Zeros), new(6064 * Kib, 64 * Kib, Change.Data),
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_has_changed_is_written_in_order_and_the_rest_is_kept()
    {
        var writer = new Recorder();
        var read = await DiskCopy.RunAsync(new Source(_runs), writer, new Bandwidth(null, TimeProvider.System), (_, _) => Task.CompletedTask, Ct);

        Assert.Equal(5064 * Kib, read);
        Assert.Equal([.. Enumerable.Repeat($"write {1024 * Kib}", 4), $"write {904 * Kib}", $"keep {64 * Kib}", $"zeros {1000 * Kib}", $"write {64 * Kib}"], writer.Calls);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task A_disk_that_cannot_be_read_on_fails_the_copy_with_its_own_reason(int goodReads)
    {
        var source = new Source(_runs) { GoodReads = goodReads };
        var failure = await Assert.ThrowsAsync<IOException>(
            () => DiskCopy.RunAsync(source, new Recorder(), new Bandwidth(null, TimeProvider.System), (_, _) => Task.CompletedTask, Ct));
        Assert.Equal("The disk is gone.", failure.Message);
    }

    [Fact]
    public async Task A_store_that_is_full_ends_the_reading()
    {
        var source = new Source([new(0, 1024L * 1024 * Kib, Change.Data)]);
        await Assert.ThrowsAsync<StorageFullException>(
            () => DiskCopy.RunAsync(source, new Recorder { Room = 2 }, new Bandwidth(null, TimeProvider.System), (_, _) => Task.CompletedTask, Ct));
        Assert.InRange(source.Reads, 3, 16);
    }

    private sealed class Source(ChangedExtent[] runs) : IChangedDisk
    {
        public int GoodReads { get; init; } = int.MaxValue;
        public int Reads { get; private set; }
        public long Length => runs.Sum(run => run.Length);
        public string? Bitmap => null;

        public async IAsyncEnumerable<ChangedExtent> ChangesAsync([EnumeratorCancellation] CancellationToken ct)
        {
            foreach (var run in runs)
            {
                await Task.Yield();
                yield return run;
            }
        }

        public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct)
        {
            if (Reads++ == GoodReads)
                throw new IOException("The disk is gone.");
            buffer.Span.Fill((byte)(offset / Kib));
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Recorder : IDiskWriter
    {
        public int Room { get; init; } = int.MaxValue;
        public List<string> Calls { get; } = [];
        public long Position { get; private set; }
        public long Added => 0;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
        {
            if (Calls.Count == Room)
                throw new StorageFullException("store", new IOException("full"));
            Assert.False(bytes.Span.ContainsAnyExcept((byte)(Position / Kib)), $"what was written at {Position} is of another place");
            return Take("write", bytes.Length);
        }

        public ValueTask WriteZerosAsync(long length, CancellationToken ct) => Take("zeros", length);

        public ValueTask KeepAsync(long length, CancellationToken ct) => Take("keep", length);

        public Task<long> CommitAsync(CancellationToken ct) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private ValueTask Take(string what, long length)
        {
            Calls.Add($"{what} {length}");
            Position += length;
            return ValueTask.CompletedTask;
        }
    }
}
