using Tintype.Qemu.Disks;
using Tintype.Qemu.Nbd;

namespace Tintype.Tests.Qemu.Nbd;

/// <summary>A disk in memory, a few of whose 64 KiB clusters hold data, that counts what is asked of it.</summary>
internal sealed class SparseExport : INbdExports
{
    public const string Name = "a-disk";
    public const int Cluster = 64 * 1024;

    private int _open;
    private int _reads;

    public SparseExport(int length, int seed)
    {
        Content = new byte[length];
        var random = new Random(seed);
        for (var at = 0; at + Cluster <= length; at += Cluster)
        {
            if (random.Next(3) == 0)
                random.NextBytes(Content.AsSpan(at, Cluster));
        }
    }

    public byte[] Content { get; }

    public int Open => _open;

    public int Reads => _reads;

    /// <summary>Awaited by each read.</summary>
    public Func<long, Task> BeforeRead { get; set; } = _ => Task.CompletedTask;

    public bool IsZero(long cluster) => !Content.AsSpan((int)(cluster * Cluster), (int)Math.Min(Cluster, Content.Length - (cluster * Cluster))).ContainsAnyExcept((byte)0);

    public Task<INbdExport?> OpenAsync(string name, CancellationToken ct)
    {
        if (name != Name)
            return Task.FromResult<INbdExport?>(null);
        Interlocked.Increment(ref _open);
        return Task.FromResult<INbdExport?>(new View(this));
    }

    private sealed class View(SparseExport disk) : INbdExport
    {
        private int _callers;

        public long Length => disk.Content.Length;

        public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct)
        {
            Xunit.Assert.Equal(1, Interlocked.Increment(ref _callers));
            Interlocked.Increment(ref disk._reads);
            await disk.BeforeRead(offset).WaitAsync(ct);
            disk.Content.AsMemory((int)offset, buffer.Length).CopyTo(buffer);
            Interlocked.Decrement(ref _callers);
        }

        public async IAsyncEnumerable<DiskExtent> ExtentsAsync(long offset, long length, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
        {
            await Task.Yield();
            for (var at = offset; at < offset + length;)
            {
                var next = Math.Min(offset + length, ((at / Cluster) + 1) * Cluster);
                yield return new DiskExtent(at, next - at, disk.IsZero(at / Cluster));
                at = next;
            }
        }

        public ValueTask DisposeAsync()
        {
            Interlocked.Decrement(ref disk._open);
            return ValueTask.CompletedTask;
        }
    }
}
