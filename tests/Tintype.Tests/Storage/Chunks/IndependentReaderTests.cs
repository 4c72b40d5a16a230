using System.Diagnostics;
using Tintype.Storage;
using Tintype.Storage.Chunks;
using Tintype.Storage.Local;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.Tests.Storage.Chunks;

/// <summary>
/// docs/chunk-store-format.md is enough to get at what is in a store: tests/compat/chunk-store/rebuild.py was written from that page, and
/// shares nothing with this program.
/// </summary>
public sealed class IndependentReaderTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly ChunkStore _store;

    public IndependentReaderTests() => _store = new ChunkStore("chunks",
        LocalStore.Open("chunks", _folder.Combine("store/records")), LocalStore.Open("chunks", _folder.Combine("store/packs")), new MemoryIndex());

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(30_000_001)] // more chunks than one node names
    public async Task A_blob_is_rebuilt_bit_for_bit(int length)
    {
        var bytes = Content(length, length);
        var id = Guid.NewGuid();
        await using (var writer = await _store.CreateAsync(id, Ct))
        {
            await writer.WriteAsync(bytes, Ct);
            await writer.CommitAsync(Ct);
        }

        Assert.Equal("", await RebuildAsync(id));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Rebuilt, Ct));
    }

    [Fact]
    public async Task A_disk_with_three_levels_of_nodes_that_was_made_from_another_is_rebuilt_bit_for_bit()
    {
        const long Size = (5L << 30) + 512;
        var (first, second, end) = (Content(20_000_000, 1), Content(100_000, 2), Content(70_144, 3));
        var basis = await WriteAsync(null, async writer =>
        {
            await writer.WriteAsync(first, Ct);
            await writer.WriteZerosAsync(Size - first.Length - end.Length, Ct);
            await writer.WriteAsync(end, Ct);
        });
        var id = await WriteAsync(basis, async writer =>
        {
            await writer.KeepAsync(10_000_384, Ct);
            await writer.WriteAsync(second, Ct);
            await writer.KeepAsync(Size - writer.Position, Ct);
        });
        second.CopyTo(first, 10_000_384);

        Assert.Equal("", await RebuildAsync(id));
        using var file = File.OpenHandle(Rebuilt);
        Assert.Equal(Size, RandomAccess.GetLength(file));
        foreach (var (offset, expected) in new[] { (0L, first), (Size - end.Length, end) })
        {
            var found = new byte[expected.Length];
            Assert.Equal(found.Length, await RandomAccess.ReadAsync(file, found, offset, Ct));
            Assert.Equal(expected, found);
        }

        // All else is holes.
        var blocks = await RunAsync("stat", "--format=%b", Rebuilt);
        Assert.InRange(long.Parse(blocks.Output, System.Globalization.CultureInfo.InvariantCulture) * 512, 1, first.Length + end.Length + 300_000);

        async Task<Guid> WriteAsync(Guid? from, Func<IDiskWriter, Task> write)
        {
            var disk = Guid.NewGuid();
            await using var writer = await _store.CreateDiskAsync(disk, Size, DiskFileFormat.Qcow2, from, Ct);
            await write(writer);
            await writer.CommitAsync(Ct);
            return disk;
        }
    }

    [Fact]
    public async Task A_damaged_chunk_is_no_part_of_what_is_rebuilt()
    {
        var id = Guid.NewGuid();
        await using (var writer = await _store.CreateAsync(id, Ct))
        {
            await writer.WriteAsync(Content(200_000, 1), Ct);
            await writer.CommitAsync(Ct);
        }

        var pack = Directory.GetFiles(_folder.Combine("store/packs")).Single(path => Guid.TryParse(Path.GetFileName(path), out _));
        var bytes = await File.ReadAllBytesAsync(pack, Ct);
        bytes[1000] ^= 1;
        File.Delete(pack);
        await File.WriteAllBytesAsync(pack, bytes, Ct);
        Assert.Contains("cannot be rebuilt", await RebuildAsync(id), StringComparison.Ordinal);
    }

    private string Rebuilt => _folder.Combine("rebuilt");

    // Noise, a text that compresses, and zeros.
    private static byte[] Content(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes.AsSpan(0, length / 3));
        for (var i = length / 3; i < length / 2; i++)
            bytes[i] = (byte)(i / 300);
        if (length > 0)
            bytes[^1] = 1;
        return bytes;
    }

    /// <returns>What it complains about.</returns>
    private async Task<string> RebuildAsync(Guid id)
    {
        var (exitCode, output) = await RunAsync("/usr/bin/python3", Path.Combine(Repository.Root, "tests", "compat", "chunk-store", "rebuild.py"), _folder.Combine("store"), id.ToString(), Rebuilt);
        Assert.Equal(output.Length > 0, exitCode != 0);
        return output;
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync(Ct);
        var output = await process.StandardOutput.ReadToEndAsync(Ct);
        await process.WaitForExitAsync(Ct);
        return (process.ExitCode, output + await error);
    }
}
