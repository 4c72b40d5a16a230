using Tintype.Images.Data;
using Tintype.Images.Data.Blobs;
using Tintype.Images.Stores;
using Tintype.Storage;
using Xunit;

namespace Tintype.Tests.Images.Data;

/// <summary>What is held for an instance and lies in a store of disks.</summary>
public sealed class HeldDiskTests : IAsyncDisposable
{
    private const int Length = 3 * 65536;

    private readonly ImagesRoom _room = new();
    private readonly Guid _id = Guid.NewGuid();
    private readonly BlobHolder _holder = new("server", Guid.NewGuid());
    private readonly byte[] _content = new byte[Length];

    public HeldDiskTests() => new Random(1).NextBytes(_content.AsSpan(65536, 65536));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private IBlobReferences References => _room.Get<IBlobReferences>();

    private ImageStore Disks => _room.Get<ImageStores>().Disks;

    public ValueTask DisposeAsync() => _room.DisposeAsync();

    [Theory]
    [InlineData(DiskFileFormat.Raw, "raw")]
    [InlineData(DiskFileFormat.Qcow2, "qcow2")]
    public async Task A_disk_is_held_as_the_disk_it_is_whatever_file_it_is_read_as(DiskFileFormat file, string format)
    {
        await using (var writer = await ((IDiskStore)Disks.Blobs).CreateDiskAsync(_id, Length, file, null, Ct))
        {
            await writer.WriteAsync(_content, Ct);
            await writer.CommitAsync(Ct);
        }

        await HoldAsync(format, Disks);

        Assert.Equal(new HeldDisk(_id, "raw", Length), await References.FindAsync(_holder, Ct));
        await using var disk = await References.OpenDiskAsync(_id, Ct);
        var there = new byte[Length];
        await disk.ReadAsync(0, there, Ct);
        Assert.Equal(_content, there);
    }

    [Fact]
    public async Task Plain_bytes_are_held_in_the_format_that_they_came_in_and_never_looked_into()
    {
        await WriteAsync(Disks);
        await HoldAsync("vmdk", Disks);
        Assert.Equal(new HeldDisk(_id, "vmdk", Length), await References.FindAsync(_holder, Ct));
    }

    [Fact]
    public async Task A_file_is_held_where_there_is_one()
    {
        await WriteAsync(Disks);
        var files = _room.Get<ImageStores>().Default;
        await WriteAsync(files);
        await HoldAsync("raw", Disks, files);
        Assert.Equal(new HeldFile(_id, ((ILocalFile)files.Blobs).PathOf(_id), "raw", Length), await References.FindAsync(_holder, Ct));
    }

    private async Task WriteAsync(ImageStore store)
    {
        await using var writer = await store.Blobs.CreateAsync(_id, Ct);
        await writer.WriteAsync(_content, Ct);
        await writer.CommitAsync(Ct);
    }

    private Task HoldAsync(string format, params ImageStore[] stores) => _room.Database.WriteAsync(async scope =>
    {
        var blobs = _room.Get<BlobRepository>();
        await blobs.InsertAsync(scope, _id, Length, format, Length);
        foreach (var store in stores)
            await blobs.InsertCopyAsync(scope, new BlobCopy(_id, store.Name, null));
        await scope.ExecuteAsync("INSERT INTO blob_references (holder_kind, holder_id, blob_id) VALUES ('server', @holder, @blob)",
            new { holder = _holder.Id.ToString(), blob = _id.ToString() });
    }, Ct);
}
