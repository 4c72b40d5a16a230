using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CsCheck;
using Tintype.DiskFormats.Inspection;
using Tintype.Images.Data.Ingest;
using Tintype.Storage;
using Xunit;

namespace Tintype.Tests.Images.Data;

public sealed class IngestPipelineTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static void NoLimit(long size)
    {
    }

    [Fact]
    public async Task Every_byte_is_written_hashed_and_inspected_in_order()
    {
        await Gen.Select(Gen.Int[0, 3_000_000], Gen.Int[1, 700_000], Gen.Int).SampleAsync(async (length, piece, seed) =>
        {
            var bytes = new byte[length];
            new Random(seed).NextBytes(bytes);
            var writer = new MemoryWriter();

            var result = await IngestPipeline.RunAsync(new PiecewiseStream(bytes, piece), writer, new FormatInspection("raw"), NoLimit, Ct);

            Assert.Equal(bytes, writer.Written.ToArray());
#pragma warning disable CA5351 // MD5 is what Glance calls the checksum.
            Assert.Equal(new IngestedData(length, Convert.ToHexStringLower(MD5.HashData(bytes)), Convert.ToHexStringLower(SHA512.HashData(bytes)),
                new FormatFinding("raw", length, null)), result);
#pragma warning restore CA5351
        }, iter: 40, threads: 1);
    }

    [Fact]
    public async Task A_source_that_fails_is_told_apart_from_a_store_that_fails()
    {
        var source = new PiecewiseStream(new byte[1_000_000], 10_000) { FailAfter = 600_000 };
        var broken = await Assert.ThrowsAsync<DataSourceException>(() => IngestPipeline.RunAsync(source, new MemoryWriter(), new FormatInspection("raw"), NoLimit, Ct));
        Assert.Equal("The data broke off after 524288 bytes.", broken.Message);

        await Assert.ThrowsAsync<StorageFullException>(() => IngestPipeline.RunAsync(
            new PiecewiseStream(new byte[3_000_000], 10_000), new MemoryWriter { Room = 1_000_000 }, new FormatInspection("raw"), NoLimit, Ct));
    }

    [Fact]
    public async Task A_limit_is_enforced_before_the_bytes_beyond_it_are_written()
    {
        var writer = new MemoryWriter();
        await Assert.ThrowsAsync<InvalidDataException>(() => IngestPipeline.RunAsync(new PiecewiseStream(new byte[3_000_000], 10_000), writer, new FormatInspection("raw"),
            size => { if (size > 1_000_000) throw new InvalidDataException(); }, Ct));
        Assert.InRange(writer.Written.Length, 0, 1_000_000);
    }

    [Fact]
    public async Task Memory_does_not_grow_with_the_data()
    {
        var writer = new BufferCounter();
        await IngestPipeline.RunAsync(new EndlessZeros(256 << 20), writer, new FormatInspection("raw"), NoLimit, Ct);
        Assert.Equal(256 << 20, writer.Length);
        Assert.InRange(writer.Buffers.Count, 1, 8);
    }

    [Fact]
    public async Task Cancellation_ends_it_even_while_the_store_hangs()
    {
        using var cancel = new CancellationTokenSource();
        var writer = new HangingWriter();
        var run = IngestPipeline.RunAsync(new EndlessZeros(long.MaxValue), writer, new FormatInspection("raw"), NoLimit, cancel.Token);
        await writer.Hanging.Task;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    private sealed class MemoryWriter : IBlobWriter
    {
        public MemoryStream Written { get; } = new();

        public long Room { get; init; } = long.MaxValue;

        public long Length => Written.Length;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
        {
            if (Length + bytes.Length > Room)
                throw new StorageFullException("memory");
            Written.Write(bytes.Span);
            return ValueTask.CompletedTask;
        }

        public Task CommitAsync(CancellationToken ct) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class BufferCounter : IBlobWriter
    {
        public HashSet<byte[]> Buffers { get; } = new(ReferenceEqualityComparer.Instance);

        public long Length { get; private set; }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
        {
            Assert.True(MemoryMarshal.TryGetArray(bytes, out var buffer));
            Buffers.Add(buffer.Array!);
            Length += bytes.Length;
            return ValueTask.CompletedTask;
        }

        public Task CommitAsync(CancellationToken ct) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class HangingWriter : IBlobWriter
    {
        public TaskCompletionSource Hanging { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long Length => 0;

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
        {
            Hanging.TrySetResult();
            await Task.Delay(Timeout.Infinite, ct);
        }

        public Task CommitAsync(CancellationToken ct) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
