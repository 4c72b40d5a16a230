using System.Runtime.CompilerServices;
using Tintype.Qemu.Disks;
using Tintype.Qemu.Nbd;

namespace Tintype.GuestTests.Qemu;

/// <summary>Raw files of a directory as disks, their zeros known, which can be taken away.</summary>
internal sealed class FileExports(string directory) : INbdExports
{
    private const int Cluster = 64 * 1024;

    private long _read;

    /// <summary>Bytes that were read, zeros left out.</summary>
    public long Read => Interlocked.Read(ref _read);

    public Task<INbdExport?> OpenAsync(string name, CancellationToken ct)
    {
        var path = Path.Combine(directory, name);
        return Task.FromResult<INbdExport?>(File.Exists(path) ? new Export(this, File.OpenRead(path)) : null);
    }

    private sealed class Export(FileExports exports, FileStream file) : INbdExport
    {
        public long Length => file.Length;

        public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct)
        {
            // Taken away while it is open, it is as gone as a chunk that is missing.
            if (!File.Exists(file.Name))
                throw new IOException($"{file.Name} has gone.");
            for (var at = 0; at < buffer.Length;)
                at += await RandomAccess.ReadAsync(file.SafeFileHandle, buffer[at..], offset + at, ct);
            Interlocked.Add(ref exports._read, buffer.Length);
        }

        public async IAsyncEnumerable<DiskExtent> ExtentsAsync(long offset, long length, [EnumeratorCancellation] CancellationToken ct)
        {
            var cluster = new byte[Cluster];
            for (var at = offset; at < offset + length;)
            {
                var next = Math.Min(offset + length, ((at / Cluster) + 1) * Cluster);
                var there = cluster.AsMemory(0, (int)(next - at));
                for (var read = 0; read < there.Length;)
                    read += await RandomAccess.ReadAsync(file.SafeFileHandle, there[read..], at + read, ct);
                yield return new DiskExtent(at, next - at, !there.Span.ContainsAnyExcept((byte)0));
                at = next;
            }
        }

        public ValueTask DisposeAsync() => file.DisposeAsync();
    }
}
