using System.Numerics;
using Tintype.DiskFormats.Qcow2;
using Xunit;

namespace Tintype.Tests.DiskFormats.Qcow2;

public sealed class Qcow2ReaderTests
{
    private const int Cluster = Qcow2Layout.ClusterSize;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Any_range_is_the_same_bytes_as_in_the_file_that_is_read_front_to_back()
    {
        var random = new Random(9);
        for (var round = 0; round < 30; round++)
        {
            // Clusters here and there over five L2 tables, the last one of a disk that ends within a cluster.
            var size = (random.Next(1, 5 * Qcow2Layout.ClustersPerTable) * (long)Cluster) + (random.Next(128) * 512);
            var stored = new SortedSet<long>(Enumerable.Range(0, random.Next(60)).Select(_ => random.NextInt64((size + Cluster - 1) / Cluster)));
            foreach (var first in stored.ToArray().Where(_ => random.Next(3) == 0))
                stored.UnionWith(Enumerable.Range(0, random.Next(6)).Select(i => first + i).Where(cluster => cluster < size / Cluster));
            var file = new MemoryStream();
            await new Qcow2Stream(size, Extents(size, stored), (offset, buffer, _) => Fill(offset, buffer)).CopyToAsync(file, Ct);
            var whole = file.ToArray();
            var reader = Reader(size, stored);
            Assert.Equal(whole.Length, reader.Layout.FileLength);

            for (var i = 0; i < 40; i++)
            {
                var offset = random.Next(whole.Length + 1);
                var buffer = new byte[random.Next(Math.Min(whole.Length - offset, random.Next(2) == 0 ? 5000 : 400_000) + 1)];
                await reader.ReadAsync(offset, buffer, Ct);
                Assert.True(whole.AsSpan(offset, buffer.Length).SequenceEqual(buffer), $"round {round}: {buffer.Length} bytes from {offset}");
            }
        }
    }

    [Fact]
    public async Task A_disk_that_is_not_what_was_laid_out_is_refused_and_not_served()
    {
        var layout = new Qcow2Layout(10 * Cluster, [new Qcow2Table(0, 3)]);
        var reader = new Qcow2Reader(layout, (_, stored, _) =>
        {
            stored.Span[0] = 3;
            return ValueTask.CompletedTask;
        }, (_, _) => throw new InvalidOperationException("Nothing to read."));
        await Assert.ThrowsAsync<InvalidDataException>(() => reader.ReadAsync(layout.FileLength - 1, new byte[1], Ct).AsTask());
    }

    [Theory]
    [InlineData(0, 0)] // a table without data
    [InlineData(1, 1)] // behind the disk's end
    [InlineData(-1, 1)]
    [InlineData(0, 11)] // more than the disk has
    public void Tables_that_the_disk_cannot_have_are_refused(int number, int clusters) =>
        Assert.Throws<ArgumentException>(() => new Qcow2Layout(10 * Cluster, [new Qcow2Table(number, clusters)]));

    private static Qcow2Reader Reader(long size, IReadOnlySet<long> stored)
    {
        var tables = stored.GroupBy(cluster => (int)(cluster / Qcow2Layout.ClustersPerTable)).Select(table => new Qcow2Table(table.Key, table.Count()));
        return new Qcow2Reader(new Qcow2Layout(size, tables), (table, bits, _) =>
        {
            foreach (var cluster in stored.Where(cluster => cluster / Qcow2Layout.ClustersPerTable == table))
                bits.Span[(int)(cluster % Qcow2Layout.ClustersPerTable / 64)] |= BitOperations.RotateLeft(1UL, (int)(cluster % 64));
            return ValueTask.CompletedTask;
        }, async (pieces, _) =>
        {
            foreach (var piece in pieces)
                await Fill(piece.Offset, piece.Target);
        });
    }

    private static IEnumerable<DiskExtent> Extents(long size, IReadOnlySet<long> stored)
    {
        long at = 0;
        foreach (var cluster in stored)
        {
            if (cluster * Cluster > at)
                yield return new DiskExtent(at, (cluster * Cluster) - at, true);
            var end = Math.Min(size, (cluster + 1) * Cluster);
            yield return new DiskExtent(cluster * Cluster, end - (cluster * Cluster), false);
            at = end;
        }

        if (at < size)
            yield return new DiskExtent(at, size - at, true);
    }

    // Every byte tells where on the disk it is from.
    private static ValueTask Fill(long offset, Memory<byte> target)
    {
        for (var i = 0; i < target.Length; i++)
            target.Span[i] = (byte)(((offset + i) / 512 * 31) + offset + i + 1);
        return ValueTask.CompletedTask;
    }
}
