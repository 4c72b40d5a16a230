using Tintype.Storage;
using Tintype.Storage.Chunks;
using Xunit;

namespace Tintype.Tests.Images.Chunks;

/// <summary>What nothing needs goes, in two marks and after the grace period; whatever is at work does not notice.</summary>
public sealed class ChunkCollectionTests
{
    private static readonly TimeSpan _day = TimeSpan.FromDays(1);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_no_blob_needs_goes_and_what_one_shares_stays()
    {
        await using var world = new ChunkWorld();
        var gone = await world.WriteAsync(ChunkWorld.Content(1, 2, 3, 4, 5, 6), Ct);
        var kept = await world.WriteAsync(ChunkWorld.Content(1, 2, 0, 7), Ct);
        await world.Store.DeleteAsync(gone, Ct);

        var tally = await world.CollectAsync(Ct);

        // Four chunks of content, and the node that named all six.
        Assert.Equal((5, 5, 4), (tally.Condemned, tally.Removed, tally.Needed));
        Assert.Null(tally.Problem);
        Assert.Equal(ChunkWorld.Content(1, 2, 0, 7), await world.ReadAsync(kept, Ct));
        Assert.InRange(world.PackBytes, 3 * ChunkWorld.ChunkSize, (3 * ChunkWorld.ChunkSize) + 1024);
        await world.AssertNothingIsLeftAsync(Ct);

        await world.Store.DeleteAsync(kept, Ct);
        await world.CollectAsync(Ct);
        Assert.Empty(world.PackFiles);
        await world.AssertNothingIsLeftAsync(Ct);
    }

    [Fact]
    public async Task Garbage_stays_for_the_grace_period_and_is_not_relied_on_meanwhile()
    {
        await using var world = new ChunkWorld();
        var content = ChunkWorld.Content(1, 2, 3);
        await world.Store.DeleteAsync(await world.WriteAsync(content, Ct), Ct);
        Assert.Equal(4, (await world.CollectAsync(Ct, _day)).Condemned);
        var stored = world.PackBytes;

        // The same comes again: it is stored again, since what lies there may go at any time.
        var again = await world.WriteAsync(content, Ct);
        Assert.InRange(world.PackBytes, stored + content.Length, (stored * 2) + 10);
        Assert.Equal(content, await world.ReadAsync(again, Ct));

        await world.Store.DeleteAsync(again, Ct);
        Assert.Equal((4, 0), Short(await world.CollectAsync(Ct, _day)));
        world.Time.Jump(_day - TimeSpan.FromMinutes(1));
        Assert.Equal((0, 0), Short(await world.CollectAsync(Ct, _day)));
        world.Time.Jump(TimeSpan.FromMinutes(2));
        Assert.Equal((0, 4), Short(await world.CollectAsync(Ct, _day)));
        Assert.Empty(world.PackFiles);
    }

    [Fact]
    public async Task What_is_needed_again_before_it_went_is_pardoned()
    {
        await using var world = new ChunkWorld();
        var content = ChunkWorld.Content(1, 2, 3);
        // Found by a writer before it was condemned, and named after.
        var first = await world.WriteAsync(content, Ct);
        var id = Guid.NewGuid();
        await using (var writer = await world.Store.CreateAsync(id, Ct))
        {
            await writer.WriteAsync(content, Ct);
            await writer.WriteAsync(ChunkWorld.Content([.. Enumerable.Range(10, 40)]), Ct);
            await world.Store.DeleteAsync(first, Ct);
            for (var i = 0; i < 3; i++)
                Assert.Equal(0, (await world.CollectAsync(Ct)).Removed);
            await writer.CommitAsync(Ct);
        }

        Assert.InRange((await world.CollectAsync(Ct)).Pardoned, 3, 100);
        byte[] expected = [.. content, .. ChunkWorld.Content([.. Enumerable.Range(10, 40)])];
        Assert.Equal(expected, await world.ReadAsync(id, Ct));
        Assert.Equal(0, await world.CountAsync("chunks WHERE condemned IS NOT NULL"));
    }

    [Fact]
    public async Task A_session_that_was_killed_holds_garbage_back_until_its_lease_is_over()
    {
        await using var world = new ChunkWorld();
        await world.ExecuteAsync($"INSERT INTO chunk_sessions (store, mark, expires_at) VALUES ('chunks', 0, {(world.Time.GetUtcNow() + TimeSpan.FromMinutes(10)).ToUnixTimeMilliseconds() * 1000})");
        var session = await world.CountAsync("chunk_sessions WHERE ended = 0");
        await world.Store.DeleteAsync(await world.WriteAsync(ChunkWorld.Content(1, 2), Ct), Ct);

        Assert.Equal((1, 0), (session, (await world.CollectAsync(Ct)).Removed));
        world.Time.Jump(TimeSpan.FromMinutes(11));
        Assert.Equal(3, (await world.CollectAsync(Ct)).Removed);
        await world.AssertNothingIsLeftAsync(Ct);
    }

    [Fact]
    public async Task A_writer_that_was_taken_for_dead_hears_of_it_before_its_blob_counts()
    {
        await using var world = new ChunkWorld();
        var id = Guid.NewGuid();
        await using (var writer = await world.Store.CreateAsync(id, Ct))
        {
            await writer.WriteAsync(ChunkWorld.Content(1, 2), Ct);
            await world.ExecuteAsync("DELETE FROM chunk_sessions");
            await world.CollectAsync(Ct);
            await Assert.ThrowsAsync<ChunkLeaseLostException>(() => writer.CommitAsync(Ct));
        }

        await world.Store.DeleteAsync(id, Ct);
        await world.CollectAsync(Ct);
        await world.AssertNothingIsLeftAsync(Ct);
    }

    [Fact]
    public async Task What_a_disk_takes_over_from_one_that_is_deleted_meanwhile_stays()
    {
        await using var world = new ChunkWorld();
        // More than a node names, so that whole subtrees are taken over without being looked at.
        var content = ChunkWorld.Content([.. Enumerable.Range(1, 600)]);
        var basis = await world.WriteAsync(content, Ct);
        var id = Guid.NewGuid();
        await using (var disk = await world.Store.CreateDiskAsync(id, content.Length, DiskFileFormat.Raw, basis, Ct))
        {
            await world.Store.DeleteAsync(basis, Ct);
            for (var i = 0; i < 3; i++)
                Assert.Equal(0, (await world.CollectAsync(Ct)).Removed);
            await disk.KeepAsync(content.Length, Ct);
            await disk.CommitAsync(Ct);
        }

        await world.CollectAsync(Ct);
        Assert.Equal(content, await world.ReadAsync(id, Ct));
        await world.AssertNothingIsLeftAsync(Ct);
        await Assert.ThrowsAsync<BlobNotFoundException>(() => world.Store.CreateDiskAsync(Guid.NewGuid(), content.Length, DiskFileFormat.Raw, basis, Ct));
        Assert.Equal(0, await world.CountAsync("chunk_sessions WHERE ended = 0"));
    }

    [Fact]
    public async Task A_reader_goes_on_when_its_pack_is_rewritten_and_its_blob_deleted()
    {
        await using var world = new ChunkWorld();
        var seeds = Enumerable.Range(1, 60).ToArray();
        var both = await world.WriteAsync(ChunkWorld.Content([.. seeds, .. Enumerable.Range(100, 100)]), Ct);
        var read = await world.WriteAsync(ChunkWorld.Content(seeds), Ct);
        var before = Assert.Single(world.PackFiles, file => new FileInfo(file).Length > 1_000_000);

        await using var stream = await world.Store.OpenReadAsync(read, Ct);
        var bytes = new byte[seeds.Length * ChunkWorld.ChunkSize];
        await stream.ReadExactlyAsync(bytes.AsMemory(0, 100_000), Ct);
        await world.Store.DeleteAsync(both, Ct);
        Assert.Equal(1, (await world.CollectAsync(Ct)).PacksRewritten);
        Assert.False(File.Exists(before));
        await stream.ReadExactlyAsync(bytes.AsMemory(100_000, 2_000_000), Ct);
        await world.Store.DeleteAsync(read, Ct);
        await world.CollectAsync(Ct);
        await stream.ReadExactlyAsync(bytes.AsMemory(2_100_000), Ct);
        Assert.Equal(ChunkWorld.Content(seeds), bytes);

        await stream.DisposeAsync();
        await world.CollectAsync(Ct);
        Assert.Empty(world.PackFiles);
    }

    [Fact]
    public async Task A_dry_run_tells_what_would_go_and_changes_nothing()
    {
        await using var world = new ChunkWorld();
        await world.WriteAsync(ChunkWorld.Content(1, 2), Ct);
        var gone = await world.WriteAsync(ChunkWorld.Content(3, 4, 5), Ct);
        await world.Store.DeleteAsync(gone, Ct);
        var before = await world.DumpAsync();

        var trial = await world.Collection().TryOutAsync(Ct);
        Assert.Equal((3, 4, 0), (trial.Needed, trial.Condemned, trial.Removed));
        Assert.InRange(trial.CondemnedBytes, 3 * ChunkWorld.ChunkSize, (3 * ChunkWorld.ChunkSize) + 500);
        Assert.Equal(before, await world.DumpAsync());

        await world.CollectAsync(Ct, _day);
        before = await world.DumpAsync();
        trial = await world.Collection().TryOutAsync(Ct);
        Assert.Equal((0, 4), Short(trial));
        Assert.Equal(before, await world.DumpAsync());
        Assert.Equal((0, 4), Short(await world.CollectAsync(Ct)));
    }

    [Fact]
    public async Task What_crashes_have_left_among_the_packs_goes_after_the_grace_period()
    {
        await using var world = new ChunkWorld();
        var kept = await world.WriteAsync(ChunkWorld.Content(1), Ct);
        await File.WriteAllBytesAsync(Path.Combine(world.PackFolder, $"{Guid.NewGuid()}"), new byte[1000], Ct);
        await File.WriteAllBytesAsync(Path.Combine(world.PackFolder, $"{Guid.NewGuid()}.part"), new byte[1000], Ct);
        // A row whose file was never made, and one whose file has been lost.
        await world.ExecuteAsync($"INSERT INTO chunk_packs (store, pack, length, created_at, session) VALUES ('chunks', '{Guid.NewGuid()}', 0, 0, 1000)");

        var first = await world.CollectAsync(Ct, _day);
        Assert.Equal((0, 1, 3), (first.LeftoversDeleted, first.PacksDeleted, world.PackFiles.Count));
        world.Time.Jump(_day * 2);
        Assert.Equal((2, 1), ((await world.CollectAsync(Ct, _day)).LeftoversDeleted, world.PackFiles.Count));
        Assert.Equal(ChunkWorld.Content(1), await world.ReadAsync(kept, Ct));
        await world.AssertNothingIsLeftAsync(Ct);
    }

    [Fact]
    public async Task Nothing_is_condemned_while_a_node_cannot_be_read()
    {
        await using var world = new ChunkWorld();
        await world.WriteAsync(ChunkWorld.Content(1, 2), Ct);
        var pack = Assert.Single(world.PackFiles);
        await world.Store.DeleteAsync(await world.WriteAsync(ChunkWorld.Content(3), Ct), Ct);
        // The node is the last of its pack's chunks: before it two of content.
        await using (var file = new FileStream(pack, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = 8 + (2 * ChunkWorld.ChunkSize) + 10;
            file.WriteByte(0xff);
        }

        var tally = await world.CollectAsync(Ct);
        Assert.Contains("cannot be read", tally.Problem, StringComparison.Ordinal);
        Assert.Equal(0, await world.CountAsync("chunks WHERE condemned IS NOT NULL"));
        Assert.Equal(1, await world.CountAsync("chunk_damages"));
        // It is a part of no new blob either; the same content brings it back.
        var again = await world.WriteAsync(ChunkWorld.Content(1, 2), Ct);
        Assert.Equal(ChunkWorld.Content(1, 2), await world.ReadAsync(again, Ct));
        Assert.Equal(2, (await world.CollectAsync(Ct)).Removed);
        await world.AssertNothingIsLeftAsync(Ct);
    }

    [Fact]
    public async Task A_lost_pack_is_told_and_its_chunks_are_not_relied_on()
    {
        await using var world = new ChunkWorld();
        var content = ChunkWorld.Content(1, 2, 3);
        await world.WriteAsync(content, Ct);
        // A node in a pack of its own, so that the mark can go through.
        File.Delete(Assert.Single(world.PackFiles));
        var lost = await world.CollectAsync(Ct);
        Assert.NotNull(lost.Problem);
        Assert.Equal(4, await world.CountAsync("chunk_damages"));

        var again = await world.WriteAsync(content, Ct);
        Assert.Equal(content, await world.ReadAsync(again, Ct));
        await world.CollectAsync(Ct);
        await world.AssertNothingIsLeftAsync(Ct);
    }

    [Fact]
    public async Task The_bytes_of_a_node_as_content_do_not_hide_what_is_below_it()
    {
        await using var world = new ChunkWorld();
        var id = await world.WriteAsync(ChunkWorld.Content(1, 2), Ct);
        // Whoever knows the format can upload the very bytes of a node.
        var pack = await File.ReadAllBytesAsync(Assert.Single(world.PackFiles), Ct);
        var node = pack.AsMemory(8 + (2 * ChunkWorld.ChunkSize), 3 + (2 * 33));
        var same = await world.WriteAsync(node, Ct);

        await world.CollectAsync(Ct);
        Assert.Equal(ChunkWorld.Content(1, 2), await world.ReadAsync(id, Ct));
        Assert.Equal(node.ToArray(), await world.ReadAsync(same, Ct));
        Assert.Equal(4, await world.CountAsync("chunks"));
    }

    private static (long Condemned, long Removed) Short(Tintype.Storage.Chunks.Collection.CollectionTally tally) => (tally.Condemned, tally.Removed);
}
