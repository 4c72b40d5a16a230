using Tintype.DiskFormats.Qcow2;
using Tintype.Storage;
using Xunit;

namespace Tintype.StoreContract;

/// <summary>For stores that are <see cref="IDiskStore"/>.</summary>
public abstract class DiskStoreContract : IAsyncLifetime
{
    private const int Cluster = 65536;

    private StoreUnderTest? _under;

    protected abstract StoreUnderTest Create();

    private IBlobStore Files => _under!.Store;

    private IDiskStore Disks => (IDiskStore)_under!.Store;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _under = Create();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _under!.DisposeAsync();
    }

    [Fact]
    public async Task Whatever_is_written_left_out_and_kept_the_disk_is_the_model_and_its_file_is_read_in_any_range()
    {
        var random = new Random(17);
        var earlier = new List<(Guid Id, byte[] Content)>();
        for (var round = 0; round < 60; round++)
        {
            var basis = earlier.Count > 0 && random.Next(5) > 0 ? earlier[random.Next(earlier.Count)] : default;
            var content = new byte[LengthFor(random, basis.Content)];
            var file = random.Next(2) == 0 ? DiskFileFormat.Raw : DiskFileFormat.Qcow2;
            var id = Guid.NewGuid();
            await using (var writer = await Disks.CreateDiskAsync(id, content.Length, file, basis.Content is null ? null : basis.Id, Ct))
            {
                while (writer.Position < content.Length)
                    await WriteSomeAsync(writer, random, content, basis.Content ?? []);
                var expected = Served(content, file);
                Assert.Equal(expected.Length, await writer.CommitAsync(Ct));
            }

            await AssertDiskAsync(id, content, random);
            await AssertFileAsync(id, Served(content, file), random);
            earlier.Add((id, content));
        }
    }

    [Fact]
    public async Task An_equal_content_is_the_same_file_however_it_came_about()
    {
        var content = Blobs.Pattern(5 * 1_000_448, 3);
        content.AsSpan(700_000, 900_000).Clear();
        foreach (var file in (DiskFileFormat[])[DiskFileFormat.Raw, DiskFileFormat.Qcow2])
        {
            var whole = await WriteAsync(content, file);
            var other = content.ToArray();
            Blobs.Pattern(300_000, 4).CopyTo(other, 2_000_000);
            other.AsSpan(3_000_000, 200_000).Clear();
            var basis = await WriteAsync(other, DiskFileFormat.Raw);

            var again = Guid.NewGuid();
            await using (var writer = await Disks.CreateDiskAsync(again, content.Length, file, basis, Ct))
            {
                await writer.KeepAsync(1_999_999, Ct);
                await writer.WriteAsync(content.AsMemory(1_999_999, 300_002), Ct);
                await writer.KeepAsync(3_000_000 - writer.Position, Ct);
                await writer.WriteAsync(content.AsMemory(3_000_000, 200_000), Ct);
                await writer.KeepAsync(content.Length - writer.Position, Ct);
                await writer.CommitAsync(Ct);
            }

            Assert.Equal(await Files.ReadAsync(whole, Ct), await Files.ReadAsync(again, Ct));
            Assert.Equal(Served(content, file), await _under!.Reopen().ReadAsync(again, Ct));
        }
    }

    [Fact]
    public async Task A_disk_says_what_it_is_served_as_and_plain_bytes_are_themselves()
    {
        foreach (var file in (DiskFileFormat[])[DiskFileFormat.Raw, DiskFileFormat.Qcow2])
            Assert.Equal(file, await Disks.FileOfAsync(await WriteAsync(Blobs.Pattern(Cluster, 1), file), Ct));
        var qcow2 = await Files.WriteAsync(Served(Blobs.Pattern(Cluster, 1), DiskFileFormat.Qcow2), Ct);
        Assert.Equal(DiskFileFormat.Raw, await Disks.FileOfAsync(qcow2, Ct));
        await Assert.ThrowsAsync<BlobNotFoundException>(() => Disks.FileOfAsync(Guid.NewGuid(), Ct));
    }

    [Fact]
    public async Task To_keep_a_terabyte_costs_what_changes()
    {
        const long Size = 1L << 40;
        var basis = Guid.NewGuid();
        await using (var writer = await Disks.CreateDiskAsync(basis, Size, DiskFileFormat.Qcow2, null, Ct))
        {
            await writer.WriteAsync(Blobs.Pattern(3 * Cluster, 1), Ct);
            await writer.WriteZerosAsync(Size - writer.Position - Cluster, Ct);
            await writer.WriteAsync(Blobs.Pattern(Cluster, 2), Ct);
            await writer.CommitAsync(Ct);
        }

        var id = Guid.NewGuid();
        long length;
        await using (var writer = await Disks.CreateDiskAsync(id, Size, DiskFileFormat.Qcow2, basis, Ct))
        {
            await writer.KeepAsync((Size / 2) + 512, Ct);
            await writer.WriteAsync(Blobs.Pattern(512, 3), Ct);
            await writer.KeepAsync(Size - writer.Position, Ct);
            length = await writer.CommitAsync(Ct);
            Assert.InRange(writer.Added, 512, 8 * 1024);
        }

        // Header, refcount table, refcount block, L1, three L2 tables, and what is stored.
        Assert.Equal((4 + 3 + 5) * Cluster, length);
        await using var disk = await Disks.OpenDiskAsync(id, Ct);
        var extents = await disk.ExtentsAsync(0, Size, Ct).ToListAsync(Ct);
        Assert.Equal([new(0, 3 * Cluster, false), new(3 * Cluster, (Size / 2) - (3 * Cluster), true), new(Size / 2, Cluster, false),
            new((Size / 2) + Cluster, (Size / 2) - (2 * Cluster), true), new(Size - Cluster, Cluster, false)], extents);
        var last = new byte[Cluster];
        await disk.ReadAsync(Size - Cluster, last, Ct);
        Assert.Equal(Blobs.Pattern(Cluster, 2), last);
    }

    [Fact]
    public async Task A_blob_of_plain_bytes_is_a_disk_of_these_and_can_be_a_basis()
    {
        var random = new Random(5);
        var bytes = Blobs.Pattern(300_001, 1);
        var plain = await Files.WriteAsync(bytes, Ct);
        await AssertDiskAsync(plain, bytes, random);

        var content = new byte[400_384];
        bytes.CopyTo(content, 0);
        var id = Guid.NewGuid();
        await using (var writer = await Disks.CreateDiskAsync(id, content.Length, DiskFileFormat.Qcow2, plain, Ct))
        {
            await writer.KeepAsync(content.Length, Ct);
            await writer.CommitAsync(Ct);
        }

        await AssertDiskAsync(id, content, random);
        await AssertFileAsync(id, Served(content, DiskFileFormat.Qcow2), random);
    }

    [Fact]
    public async Task A_disk_is_nowhere_before_it_is_committed_and_what_is_not_is_removed()
    {
        var id = Guid.NewGuid();
        await using (var writer = await Disks.CreateDiskAsync(id, 1024, DiskFileFormat.Raw, null, Ct))
        {
            await writer.WriteAsync(Blobs.Pattern(1024, 1), Ct);
            await Assert.ThrowsAsync<BlobNotFoundException>(() => Disks.OpenDiskAsync(id, Ct));
        }

        Assert.Empty(await Files.EntriesAsync(Ct));
        await Assert.ThrowsAsync<BlobNotFoundException>(() => Disks.CreateDiskAsync(Guid.NewGuid(), 512, DiskFileFormat.Raw, id, Ct));
        Assert.Empty(await Files.EntriesAsync(Ct));
    }

    [Fact]
    public async Task What_is_no_disk_is_refused_and_so_is_one_that_is_not_whole()
    {
        foreach (var length in (long[])[-512, 1, 513, (1L << 46) + 512])
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Disks.CreateDiskAsync(Guid.NewGuid(), length, DiskFileFormat.Raw, null, Ct));
        await using var writer = await Disks.CreateDiskAsync(Guid.NewGuid(), 1024, DiskFileFormat.Raw, null, Ct);
        await writer.WriteZerosAsync(512, Ct);
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.CommitAsync(Ct));
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.WriteAsync(new byte[513], Ct).AsTask());
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.WriteZerosAsync(513, Ct).AsTask());
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.KeepAsync(513, Ct).AsTask());
        await writer.KeepAsync(512, Ct);
        Assert.Equal(1024, await writer.CommitAsync(Ct));
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.CommitAsync(Ct));
        Assert.Equal(1024, Assert.Single(await Files.EntriesAsync(Ct)).Length);
    }

    [Fact]
    public async Task An_empty_disk_has_an_empty_file_or_tables_alone()
    {
        foreach (var file in (DiskFileFormat[])[DiskFileFormat.Raw, DiskFileFormat.Qcow2])
        {
            var id = await WriteAsync([], file);
            Assert.Equal(Served([], file), await Files.ReadAsync(id, Ct));
            await using var disk = await Disks.OpenDiskAsync(id, Ct);
            Assert.Equal(0, disk.Length);
            Assert.Empty(await disk.ExtentsAsync(0, 0, Ct).ToListAsync(Ct));
        }
    }

    private async Task<Guid> WriteAsync(byte[] content, DiskFileFormat file)
    {
        var id = Guid.NewGuid();
        await using var writer = await Disks.CreateDiskAsync(id, content.Length, file, null, Ct);
        await writer.WriteAsync(content, Ct);
        await writer.CommitAsync(Ct);
        return id;
    }

    // Larger, smaller or as large as what it is made from, with ends within chunks and at them.
    private static int LengthFor(Random random, byte[]? basis)
    {
        var kind = random.Next(4);
        if (basis is not null && kind < 2)
            return basis.Length;
        var most = kind == 3 ? 40 * Cluster : 6 * Cluster;
        return random.Next(4) == 0 ? random.Next(1, most / Cluster) * Cluster : random.Next(1, most / 512) * 512;
    }

    private static async Task WriteSomeAsync(IDiskWriter writer, Random random, byte[] content, byte[] basis)
    {
        var at = (int)writer.Position;
        var most = random.Next(3) == 0 ? content.Length : random.Next(2) == 0 ? 3 * Cluster : 3000;
        var length = Math.Min(content.Length - at, random.Next(1, most + 1));
        if (random.Next(3) == 0)
            length = Math.Min(content.Length - at, (length + Cluster - 1) / Cluster * Cluster);
        switch (random.Next(4))
        {
            case 0:
                await writer.WriteZerosAsync(length, Ct);
                break;
            case 1:
                random.NextBytes(content.AsSpan(at, length));
                await writer.WriteAsync(content.AsMemory(at, length), Ct);
                break;
            case 2:
                // Zeros as bytes, and a byte in between.
                content[at + (length / 2)] = 1;
                await writer.WriteAsync(content.AsMemory(at, length), Ct);
                break;
            default:
                basis.AsSpan(Math.Min(at, basis.Length), Math.Clamp(basis.Length - at, 0, length)).CopyTo(content.AsSpan(at));
                await writer.KeepAsync(length, Ct);
                break;
        }

        Assert.Equal(at + length, writer.Position);
    }

    private async Task AssertDiskAsync(Guid id, byte[] content, Random random)
    {
        await using var disk = await Disks.OpenDiskAsync(id, Ct);
        Assert.Equal(content.Length, disk.Length);
        for (var i = 0; i < 12; i++)
        {
            var (offset, length) = i == 0 ? (0, content.Length) : Range(random, content.Length);
            var read = new byte[length];
            await disk.ReadAsync(offset, read, Ct);
            Assert.True(content.AsSpan(offset, length).SequenceEqual(read), $"{length} bytes from {offset}");

            long at = offset;
            var wasZero = (bool?)null;
            await foreach (var extent in disk.ExtentsAsync(offset, length, Ct))
            {
                Assert.True(extent.Offset == at && extent.Length > 0 && extent.IsZero != wasZero);
                if (extent.IsZero)
                    Assert.False(content.AsSpan((int)at, (int)extent.Length).ContainsAnyExcept((byte)0));
                (at, wasZero) = (at + extent.Length, extent.IsZero);
            }

            Assert.Equal(offset + length, at);
        }

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => disk.ReadAsync(content.Length, new byte[1], Ct).AsTask());
    }

    private async Task AssertFileAsync(Guid id, byte[] file, Random random)
    {
        Assert.Equal(file, await Files.ReadAsync(id, Ct));
        Assert.Equal(file.Length, (await Files.EntriesAsync(Ct)).Single(blob => blob.Id == id).Length);
        if (Files is not IRangeReadable ranges)
            return;
        for (var i = 0; i < 8; i++)
        {
            var (offset, length) = Range(random, file.Length);
            await using var stream = await ranges.OpenRangeAsync(id, offset, length, Ct);
            Assert.Equal(file[offset..(offset + length)], await stream.ToArrayAsync(Ct));
        }
    }

    private static (int Offset, int Length) Range(Random random, int size)
    {
        var offset = random.Next(size + 1);
        var length = random.Next(Math.Min(size - offset, random.Next(2) == 0 ? 2000 : size) + 1);
        return (offset, length);
    }

    /// <summary>The file that a disk of this content is, made by what makes it from any disk.</summary>
    private static byte[] Served(byte[] content, DiskFileFormat format)
    {
        if (format == DiskFileFormat.Raw)
            return content;
        var extents = new List<DiskExtent>();
        for (var at = 0; at < content.Length; at += Cluster)
        {
            var length = Math.Min(Cluster, content.Length - at);
            extents.Add(new DiskExtent(at, length, !content.AsSpan(at, length).ContainsAnyExcept((byte)0)));
        }

        using var bytes = new MemoryStream();
        var stream = new Qcow2Stream(content.Length, extents, (offset, buffer, _) =>
        {
            content.AsMemory((int)offset, buffer.Length).CopyTo(buffer);
            return ValueTask.CompletedTask;
        });
        stream.CopyToAsync(bytes, Ct).GetAwaiter().GetResult();
        return bytes.ToArray();
    }
}
