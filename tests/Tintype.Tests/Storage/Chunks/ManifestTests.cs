using System.Buffers.Binary;
using Tintype.Storage.Chunks;
using Tintype.Storage.Chunks.Manifests;
using Xunit;

namespace Tintype.Tests.Storage.Chunks;

public sealed class ManifestTests
{
    private const int ChunkSize = ManifestShape.DefaultChunkSize;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 1, 0)]
    [InlineData(65536, 1, 0)]
    [InlineData(65537, 2, 0)]
    [InlineData(256 * 65536, 256, 0)]
    [InlineData((256 * 65536) + 1, 257, 1)]
    [InlineData(1L << 32, 65536, 1)]
    [InlineData((1L << 32) + 1, 65537, 2)]
    [InlineData(64L << 40, 1L << 30, 3)]
    public void The_shape_follows_from_the_length(long length, long chunks, int rootLevel)
    {
        var shape = new ManifestShape(length, ChunkSize);
        Assert.Equal((chunks, rootLevel), (shape.Chunks, shape.RootLevel));
        if (chunks > 0)
            Assert.Equal(length - ((chunks - 1) * ChunkSize), shape.LengthOf(chunks - 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(5000)]
    [InlineData(65536)]
    [InlineData(70_001)]
    public async Task What_was_appended_is_read_back_in_any_range(int chunks)
    {
        var random = new Random(chunks);
        var memory = new ChunkMemory();
        var content = Content(random, chunks);
        var tree = await BuildAsync(memory, content);

        Assert.Equal(content, await ReadAsync(tree, 0, chunks));
        var leaves = await tree.LeavesAsync(Ct).ToListAsync(Ct);
        Assert.Equal(content.Chunk(256).Select((leaf, number) => (number * 256L, leaf.Count(name => name is not null))).Where(leaf => leaf.Item2 > 0), leaves);
        for (var round = 0; round < 12; round++)
        {
            var first = random.Next(chunks);
            var count = random.Next(1, chunks - first + 1);
            Assert.Equal(content[first..(first + count)], await ReadAsync(tree, first, count));
            var presence = await tree.PresenceAsync(first, count, Ct).ToListAsync(Ct);
            Assert.Equal(content[first..(first + count)].Select(name => name is null), presence.SelectMany(run => Enumerable.Repeat(run.IsZero, (int)run.Count)));
            Assert.All(presence.Zip(presence.Skip(1)), pair => Assert.True(pair.First.IsZero != pair.Second.IsZero && pair.First.First + pair.First.Count == pair.Second.First));
        }
    }

    [Fact]
    public async Task Zeros_cost_nothing_however_many_they_are()
    {
        var memory = new ChunkMemory();
        var shape = new ManifestShape(1L << 40, ChunkSize);
        var builder = new ManifestBuilder(ChunkSize, memory);
        await builder.AppendZerosAsync(shape.Chunks, Ct);
        Assert.Null(await builder.CompleteAsync(shape.Length, Ct));
        Assert.Equal(0, memory.Count);

        builder = new ManifestBuilder(ChunkSize, memory);
        await builder.AppendZerosAsync(12_345_678, Ct);
        await builder.AppendAsync(Name(1), Ct);
        await builder.AppendZerosAsync(shape.Chunks - 12_345_679, Ct);
        var tree = new ManifestTree(shape, await builder.CompleteAsync(shape.Length, Ct), memory);
        Assert.Equal(shape.RootLevel + 1, memory.Count);

        var runs = await tree.RunsAsync(0, shape.Chunks, Ct).ToListAsync(Ct);
        Assert.Equal([new(0, 12_345_678, null), new(12_345_678, 1, Name(1)), new(12_345_679, shape.Chunks - 12_345_679, null)], runs);
        Assert.InRange(memory.Reads, 1, shape.RootLevel + 1);
    }

    [Fact]
    public async Task An_equal_content_has_an_equal_root_however_it_was_put_together()
    {
        var random = new Random(11);
        for (var round = 0; round < 60; round++)
        {
            var memory = new ChunkMemory();
            var old = Content(random, random.Next(1, 3000));
            var other = await BuildAsync(memory, old);
            // The disk may have grown or shrunk meanwhile.
            var now = random.Next(3) == 0 ? Content(random, random.Next(1, 3000)) : new List<ChunkHash?>(old);
            var shape = new ManifestShape((long)now.Count * ChunkSize, ChunkSize);
            var builder = new ManifestBuilder(ChunkSize, memory);
            while (builder.Position < now.Count)
            {
                var first = (int)builder.Position;
                var count = random.Next(1, Math.Min(now.Count - first, random.Next(2) == 0 ? 600 : 5) + 1);
                if (first + count <= old.Count && random.Next(2) == 0)
                {
                    for (var chunk = first; chunk < first + count; chunk++)
                        now[chunk] = old[chunk];
                    await builder.AppendFromAsync(other, count, Ct);
                }
                else
                {
                    await AppendAsync(builder, now.GetRange(first, count));
                }
            }

            var root = await builder.CompleteAsync(shape.Length, Ct);
            Assert.Equal(now, await ReadAsync(new ManifestTree(shape, root, memory), 0, now.Count));
            Assert.Equal(root, await new BuiltFromNothing(now).RootAsync());
        }
    }

    [Fact]
    public async Task A_change_costs_the_nodes_above_it_whatever_the_disks_size()
    {
        foreach (var chunks in new[] { 163_840, 16_384_000 })
        {
            var memory = new ChunkMemory();
            var shape = new ManifestShape((long)chunks * ChunkSize, ChunkSize);
            var builder = new ManifestBuilder(ChunkSize, memory);
            for (var i = 0; i < 10_000; i++)
                await builder.AppendAsync(Name(i), Ct);
            await builder.AppendZerosAsync(chunks - 10_000, Ct);
            var tree = new ManifestTree(shape, await builder.CompleteAsync(shape.Length, Ct), memory);
            var before = memory.Count;

            builder = new ManifestBuilder(ChunkSize, memory);
            await builder.AppendFromAsync(tree, 5000, Ct);
            await builder.AppendAsync(Name(-1), Ct);
            await builder.AppendFromAsync(tree, chunks - 5001, Ct);
            var root = await builder.CompleteAsync(shape.Length, Ct);

            Assert.Equal(shape.RootLevel + 1, memory.Count - before);
            Assert.InRange(memory.Reads, 1, 4 * (shape.RootLevel + 1));
            Assert.Equal(Name(-1), (await new ManifestTree(shape, root, memory).RunsAsync(5000, 1, Ct).SingleAsync(Ct)).Name);
        }
    }

    [Fact]
    public async Task What_does_not_fit_together_is_refused()
    {
        var memory = new ChunkMemory();
        var shape = new ManifestShape((10 * ChunkSize) - 7, ChunkSize);
        var builder = new ManifestBuilder(ChunkSize, memory);
        await AppendAsync(builder, Content(new Random(1), 10));
        await Assert.ThrowsAsync<InvalidOperationException>(() => builder.CompleteAsync(shape.Length - ChunkSize, Ct));
        await Assert.ThrowsAsync<InvalidOperationException>(() => builder.CompleteAsync(shape.Length + ChunkSize, Ct));
        var other = new ManifestTree(shape, await builder.CompleteAsync(shape.Length, Ct), memory);

        var longer = new ManifestBuilder(ChunkSize, memory);
        await Assert.ThrowsAsync<ArgumentException>(() => longer.AppendFromAsync(other, 11, Ct).AsTask());
        // The last chunk of the other is short: it is the last here too, and as short.
        await longer.AppendFromAsync(other, 10, Ct);
        await Assert.ThrowsAsync<InvalidOperationException>(() => longer.AppendAsync(Name(1), Ct).AsTask());
        await Assert.ThrowsAsync<InvalidOperationException>(() => longer.CompleteAsync(shape.Length + 7, Ct));
        await Assert.ThrowsAsync<ArgumentException>(() => new ManifestBuilder(2 * ChunkSize, memory).AppendFromAsync(other, 1, Ct).AsTask());
    }

    [Fact]
    public async Task A_node_that_does_not_belong_where_it_is_named_is_refused()
    {
        var memory = new ChunkMemory();
        var tree = await BuildAsync(memory, Content(new Random(1), 300));
        var leaf = await tree.NameAsync(1, 0, Ct);
        var misplaced = new ManifestTree(tree.Shape, leaf, memory);
        await Assert.ThrowsAsync<InvalidDataException>(() => misplaced.NameAsync(0, 0, Ct).AsTask());
        await Assert.ThrowsAsync<ChunkMissingException>(() => new ManifestTree(tree.Shape, new ManifestName(Name(9), 1), memory).NameAsync(0, 0, Ct).AsTask());
    }

    [Fact]
    public async Task A_node_that_has_not_the_chunks_it_is_named_for_is_refused()
    {
        var memory = new ChunkMemory();
        var tree = await BuildAsync(memory, Content(new Random(1), 300));
        var leaf = (await tree.NameAsync(1, 0, Ct))!.Value;
        foreach (var wrong in (long[])[leaf.Chunks - 1, leaf.Chunks + 1])
        {
            var node = new ManifestNode(1, [leaf with { Chunks = wrong }, await tree.NameAsync(1, 256, Ct)]);
            var root = new ManifestName(await memory.WriteAsync(node.Encode(), Ct), node.Chunks);
            await Assert.ThrowsAsync<InvalidDataException>(() => new ManifestTree(tree.Shape, root, memory).NameAsync(0, 0, Ct).AsTask());
            await Assert.ThrowsAsync<InvalidDataException>(() => new ManifestTree(tree.Shape, root with { Chunks = root.Chunks + 1 }, memory).NameAsync(1, 0, Ct).AsTask());
        }
    }

    [Fact]
    public async Task What_is_stored_throughout_is_told_without_looking_into_it()
    {
        var memory = new ChunkMemory();
        var tree = await BuildAsync(memory, [.. Enumerable.Range(0, 70_000).Select(i => i == 69_000 ? null : (ChunkHash?)Name(i))]);
        memory.Reads = 0;
        Assert.Equal([new(0, 69_000, false), new(69_000, 1, true), new(69_001, 999, false)], await tree.PresenceAsync(0, 70_000, Ct).ToListAsync(Ct));
        // The root, the second of the nodes below it, and the leaf that has a hole.
        Assert.Equal(3, memory.Reads);
    }

    [Fact]
    public void A_node_has_one_encoding_and_every_other_is_refused()
    {
        ManifestName?[] names = [null, null, new(Name(1), 256), null, new(Name(2), 1)];
        var bytes = new ManifestNode(1, names).Encode();
        var read = ManifestNode.Decode(bytes);
        Assert.Equal(1, read.Level);
        Assert.Equal(names, read.Names);
        Assert.Equal(257, read.Chunks);
        Assert.Equal(bytes, read.Encode());

        // Every cut, every changed length, two runs where there is one, and what is behind the end.
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<InvalidDataException>(() => ManifestNode.Decode(bytes.AsSpan(0, length)));
        Assert.Throws<InvalidDataException>(() => ManifestNode.Decode([.. bytes, 0]));
        Assert.Throws<InvalidDataException>(() => ManifestNode.Decode([1, 1, 0, 1, .. new byte[32], 0, 0, 0, 0, 0, 0, 0, 0]));
        Assert.Throws<InvalidDataException>(() => ManifestNode.Decode([1, 1, 0, 1, .. new byte[32], 1, 1, 0, 0, 0, 0, 0, 0]));
        Assert.Throws<InvalidDataException>(() => ManifestNode.Decode([7, 1, 0, 1, .. new byte[32], 1, 0, 0, 0, 0, 0, 0, 0]));
        Assert.Throws<InvalidDataException>(() => ManifestNode.Decode([0, 3, 0, 0, 1, 0, 0, 1, 0, 1, .. new byte[32]]));
        Assert.Throws<InvalidDataException>(() => ManifestNode.Decode([0, 2, 0, 0, 2, 0]));
        Assert.Throws<InvalidDataException>(() => ManifestNode.Decode([0, 2, 0, 0, 0, 0, 1, .. new byte[32]]));
        Assert.Throws<InvalidDataException>(() => ManifestNode.Decode([0, 1, 1, 0, 255, 0, 1, .. new byte[32]]));
    }

    [Fact]
    public void Whatever_bytes_come_a_node_is_read_or_refused()
    {
        var random = new Random(3);
        var whole = new ManifestNode(0, [.. Content(random, 256).Select(hash => hash is { } name ? new ManifestName(name, 1) : (ManifestName?)null)]).Encode();
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = whole.ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                bytes[random.Next(2) == 0 ? random.Next(8) : random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                var read = ManifestNode.Decode(bytes.AsSpan(0, random.Next(bytes.Length + 1)));
                Assert.InRange(read.Names.Count, 1, ManifestShape.FanOut);
            }
            catch (InvalidDataException)
            {
                // Refused.
            }
        }
    }

    private static ChunkHash Name(int number)
    {
        var content = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(content, number);
        return ChunkHash.Of(content);
    }

    /// <summary>Names and zeros in runs as disks have them.</summary>
    private static List<ChunkHash?> Content(Random random, int chunks)
    {
        var content = new List<ChunkHash?>();
        while (content.Count < chunks)
        {
            var zeros = random.Next(2) == 0;
            for (var run = Math.Min(chunks - content.Count, 1 + (int)Math.Pow(random.Next(1, 20), 3)); run > 0; run--)
                content.Add(zeros ? null : Name(random.Next()));
        }

        // The node of all zeros is a case of its own.
        content[random.Next(chunks)] = Name(random.Next());
        return content;
    }

    private static async Task AppendAsync(ManifestBuilder builder, IEnumerable<ChunkHash?> content)
    {
        foreach (var name in content)
        {
            if (name is { } hash)
                await builder.AppendAsync(hash, Ct);
            else
                await builder.AppendZerosAsync(1, Ct);
        }
    }

    private static async Task<ManifestTree> BuildAsync(ChunkMemory memory, List<ChunkHash?> content)
    {
        var shape = new ManifestShape((long)content.Count * ChunkSize, ChunkSize);
        var builder = new ManifestBuilder(ChunkSize, memory);
        await AppendAsync(builder, content);
        return new ManifestTree(shape, await builder.CompleteAsync(shape.Length, Ct), memory);
    }

    private static async Task<List<ChunkHash?>> ReadAsync(ManifestTree tree, long first, long count)
    {
        var content = new List<ChunkHash?>();
        await foreach (var run in tree.RunsAsync(first, count, Ct))
        {
            Assert.Equal(first + content.Count, run.First);
            Assert.True(run.Name is null || run.Count == 1);
            content.AddRange(Enumerable.Repeat(run.Name, (int)run.Count));
        }

        return content;
    }

    private sealed class BuiltFromNothing(List<ChunkHash?> content)
    {
        public async Task<ManifestName?> RootAsync()
        {
            var builder = new ManifestBuilder(ChunkSize, new ChunkMemory());
            await AppendAsync(builder, content);
            return await builder.CompleteAsync((long)content.Count * ChunkSize, Ct);
        }
    }
}
