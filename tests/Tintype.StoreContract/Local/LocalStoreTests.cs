using System.Diagnostics;
using Tintype.Storage;
using Tintype.Storage.Local;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.StoreContract.Local;

/// <summary>The local driver under the contract.</summary>
internal class LocalStoreUnderTest : StoreUnderTest
{
    private readonly string _root = System.IO.Directory.CreateTempSubdirectory("tt-store-").FullName;

    public LocalStoreUnderTest() => Store = Open();

    public string Directory => Path.Combine(_root, "images");

    public override IBlobStore Store { get; }

    public override IBlobStore Reopen() => Open();

    public override ValueTask DisposeAsync()
    {
        System.IO.Directory.Delete(_root, recursive: true);
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private LocalStore Open() => LocalStore.Open("local", Directory);
}

public sealed class LocalBlobStoreTests : BlobStoreContract
{
    protected override StoreUnderTest Create() => new LocalStoreUnderTest();
}

public sealed class LocalRangeReadableTests : RangeReadableContract
{
    protected override StoreUnderTest Create() => new LocalStoreUnderTest();
}

public sealed class LocalLocalFileTests : LocalFileContract
{
    protected override StoreUnderTest Create() => new LocalStoreUnderTest();
}

public sealed class LocalFileAdoptingTests : FileAdoptingContract
{
    protected override StoreUnderTest Create() => new LocalStoreUnderTest();

    protected override string NewFile(StoreUnderTest under) => ((LocalStoreUnderTest)under).Directory.TrimEnd('/') + $"-{Guid.NewGuid():N}";
}

public sealed class LocalSparseWritableTests : SparseWritableContract
{
    protected override StoreUnderTest Create() => new LocalStoreUnderTest();
}

public sealed class LocalFullStoreTests : FullStoreContract
{
    protected override async Task<StoreUnderTest> CreateSmallAsync() => new SmallStore(await SmallDisk.MountAsync());

    private sealed class SmallStore : StoreUnderTest, ISmallStore
    {
        private readonly SmallFileSystem _disk;

        public SmallStore(SmallFileSystem disk)
        {
            _disk = disk;
            Store = Reopen();
        }

        public long TooMuch => 8 * 1024 * 1024;

        public override IBlobStore Store { get; }

        public override IBlobStore Reopen() => LocalStore.Open("small", Path.Combine(_disk.Path, "images"));

        public override ValueTask DisposeAsync() => _disk.DisposeAsync();
    }
}

/// <summary>What the local driver promises beyond the contract: how its files lie on the disk.</summary>
public sealed class LocalStoreLayoutTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_and_directory_are_for_the_owner_alone()
    {
        await using var under = new LocalStoreUnderTest();
        var id = await under.Store.WriteAsync(Blobs.Pattern(1000, 1), Ct);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(((ILocalFile)under.Store).PathOf(id)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(under.Directory));
    }

    [Fact]
    public async Task Runs_of_zeros_take_no_room()
    {
        await using var under = new LocalStoreUnderTest();
        var bytes = new byte[32 * 1024 * 1024];
        Blobs.Pattern(100_000, 1).CopyTo(bytes.AsSpan(10_000_000));
        var id = Guid.NewGuid();
        await using (var writer = await under.Store.CreateAsync(id, Ct))
        {
            // As an upload comes: in blocks, not in one piece.
            for (var at = 0; at < bytes.Length; at += 256 * 1024)
                await writer.WriteAsync(bytes.AsMemory(at, 256 * 1024), Ct);
            await writer.CommitAsync(Ct);
        }

        using var stat = Process.Start(new ProcessStartInfo("stat", ["--format=%b", ((ILocalFile)under.Store).PathOf(id)]) { RedirectStandardOutput = true })!;
        var blocks = long.Parse(await stat.StandardOutput.ReadToEndAsync(Ct), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(blocks * 512, 100_000, 1_000_000);
        Assert.Equal(bytes, await under.Store.ReadAsync(id, Ct));
    }

    [Fact]
    public async Task A_store_of_another_format_is_refused_by_name()
    {
        await using var under = new LocalStoreUnderTest();
        await File.WriteAllTextAsync(Path.Combine(under.Directory, "store-format"), "tintype-local-store 99\n", Ct);

        var refusal = Assert.Throws<InvalidOperationException>(() => under.Reopen());
        Assert.Contains("tintype-local-store 99", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_of_something_else_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory("tt-else-").FullName;
        File.WriteAllText(Path.Combine(folder, "thesis.txt"), "three years of work");

        Assert.Throws<InvalidOperationException>(() => LocalStore.Open("local", folder));
        Assert.Equal(["thesis.txt"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName));
        Directory.Delete(folder, recursive: true);
    }
}
