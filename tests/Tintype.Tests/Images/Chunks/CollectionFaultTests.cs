using Tintype.TestSupport;
using Xunit;

namespace Tintype.Tests.Images.Chunks;

/// <summary>Killed at every step, and racing everything: every blob reads back exactly, and in the end nothing is left.</summary>
public sealed class CollectionFaultTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_collection_killed_at_any_step_loses_nothing_and_is_made_good_by_the_next()
    {
        // In ./dev test every seventh step, beginning with another one of them than the last time would be no rule: with the first.
        var stride = Soak.Rounds(1) > 1 ? 1 : 5;
        for (var step = 1; ; step += stride)
        {
            if (!await KillAsync(step))
                break;
        }
    }

    [Fact]
    public async Task A_writer_killed_at_any_step_leaves_nothing_that_a_collection_does_not_remove()
    {
        for (var step = 1; ; step++)
        {
            var world = new ChunkWorld();
            var kept = await world.WriteAsync(ChunkWorld.Content(1, 2, 3), Ct);
            world.Fuse.BlowBefore(step);
            var killed = await TryAsync(() => world.WriteAsync(ChunkWorld.Content(3, 4, 5), Ct));
            await world.CloseAsync();

            await using var next = new ChunkWorld(world.Root);
            next.Time.Jump(TimeSpan.FromHours(1));
            // What the killed one had finished, no row names: the collector of blobs removes it, and the unfinished.
            await foreach (var record in next.Records.ListAsync(Ct))
            {
                if (record.Id != kept)
                    await next.Records.DeleteAsync(record.Id, Ct);
            }

            await next.CollectAsync(Ct);
            Assert.Equal(ChunkWorld.Content(1, 2, 3), await next.ReadAsync(kept, Ct));
            await next.AssertNothingIsLeftAsync(Ct);
            Assert.Equal(4, await next.CountAsync("chunks"));
            if (!killed)
                return;
        }
    }

    [Fact]
    public async Task Collections_race_writers_readers_and_deletions()
    {
        for (var round = 1; round <= Soak.Rounds(2); round++)
            await RaceAsync(round);
    }

    /// <returns>Whether it came to be killed at all.</returns>
    private static async Task<bool> KillAsync(int step)
    {
        var world = new ChunkWorld();
        var blobs = new Dictionary<Guid, byte[]>();
        foreach (var seeds in (int[][])[[1, 2, 3, 4, 5, 6, 7, 8], [1, 9], [10, 11, 0, 12], [13, 14, 15, 16, 17]])
            blobs[await world.WriteAsync(ChunkWorld.Content(seeds), Ct)] = ChunkWorld.Content(seeds);
        // One that goes altogether, one of which a pack keeps a little, and one that has been condemned before.
        foreach (var id in blobs.Keys.Where((_, i) => i is 0 or 2).ToList())
        {
            await world.Store.DeleteAsync(id, Ct);
            blobs.Remove(id);
            if (blobs.Count == 3)
                await world.CollectAsync(Ct, TimeSpan.FromDays(1));
        }

        world.Fuse.BlowBefore(step);
        var killed = await TryAsync(() => world.CollectAsync(Ct));
        await world.CloseAsync();

        await using var next = new ChunkWorld(world.Root);
        next.Time.Jump(TimeSpan.FromHours(1));
        await AssertReadBackAsync(next, blobs);
        var written = ChunkWorld.Content(1, 2, 10, 18);
        blobs[await next.WriteAsync(written, Ct)] = written;
        await next.CollectAsync(Ct);
        await AssertReadBackAsync(next, blobs);
        await next.CollectAsync(Ct);
        await AssertReadBackAsync(next, blobs);
        await next.AssertNothingIsLeftAsync(Ct);
        return killed;
    }

    private static async Task RaceAsync(int seed)
    {
        await using var world = new ChunkWorld();
        var blobs = new Dictionary<Guid, byte[]>();
        var lockObject = new Lock();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Ct);

        async Task WorkAsync(Random random)
        {
            for (var i = 0; i < 12; i++)
            {
                // Few different chunks: whoever writes meets what is being condemned.
                var content = ChunkWorld.Content([.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(0, 30))]);
                var id = await world.WriteAsync(content, Ct);
                Assert.Equal(content, await world.ReadAsync(id, Ct));
                (Guid Id, byte[] Content)? other = null;
                lock (lockObject)
                {
                    blobs[id] = content;
                    if (random.Next(3) > 0)
                    {
                        var victim = blobs.ElementAt(random.Next(blobs.Count));
                        blobs.Remove(victim.Key);
                        other = (victim.Key, victim.Value);
                    }
                }

                if (other is not { } gone)
                    continue;
                // It is deleted from under a reader.
                await using var reader = await world.Store.OpenReadAsync(gone.Id, Ct);
                var first = new byte[Math.Min(1000, gone.Content.Length)];
                await reader.ReadExactlyAsync(first, Ct);
                await world.Store.DeleteAsync(gone.Id, Ct);
                var rest = new byte[gone.Content.Length - first.Length];
                await reader.ReadExactlyAsync(rest, Ct);
                Assert.Equal(gone.Content, first.Concat(rest).ToArray());
            }
        }

        async Task CollectAsync()
        {
            while (!over.IsCancellationRequested)
                Assert.Null((await world.CollectAsync(Ct, rewriteBelow: 0.9)).Problem);
        }

        var collecting = Task.Run(CollectAsync);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() => WorkAsync(new Random((seed * 100) + worker)))));
        }
        finally
        {
            await over.CancelAsync();
            await collecting;
        }

        await AssertReadBackAsync(world, blobs);
        await world.CollectAsync(Ct);
        await AssertReadBackAsync(world, blobs);
        await world.AssertNothingIsLeftAsync(Ct);
    }

    private static async Task<bool> TryAsync(Func<Task> work)
    {
        try
        {
            await work();
            return false;
        }
        catch (KilledException)
        {
            return true;
        }
    }

    private static async Task AssertReadBackAsync(ChunkWorld world, Dictionary<Guid, byte[]> blobs)
    {
        foreach (var (id, content) in blobs)
            Assert.Equal(content, await world.ReadAsync(id, Ct));
    }
}
