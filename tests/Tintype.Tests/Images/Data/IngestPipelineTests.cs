using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CsCheck;
using Tintype.DiskFormats.Inspection;
using Tintype.Images.Data;
using Tintype.Images.Data.Hashing;
using Tintype.Images.Data.Ingest;
using Tintype.Images.Records;
using Tintype.Storage;
using Xunit;

namespace Tintype.Tests.Images.Data;

public sealed class IngestPipelineTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static DataExamination Examination(HashKind? hash = null) => new(hash ?? HashKind.Sha512, [], new FormatInspection("raw"));

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

            var result = await IngestPipeline.RunAsync(new PiecewiseStream(bytes, piece), writer, Examination(), NoLimit, Ct);

            Assert.Equal(bytes, writer.Written.ToArray());
#pragma warning disable CA5351 // MD5 is what Glance calls the checksum.
            Assert.Equal((length, Convert.ToHexStringLower(MD5.HashData(bytes)), new ImageHash("sha512", Convert.ToHexStringLower(SHA512.HashData(bytes))),
                new FormatFinding("raw", length, null)), (result.Size, result.Checksum, result.Hash, result.Finding));
#pragma warning restore CA5351
        }, iter: 40, threads: 1);
    }

    public static TheoryData<string, string> HashesOfAbc { get; } = new()
    {
        { "sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "sha384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
        { "sha512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
        { "sha3_256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532" },
        { "sha3_384", "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25" },
        { "sha3_512", "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0" },
    };

    // The values of FIPS 180-2 and FIPS 202 for "abc".
    [Theory]
    [MemberData(nameof(HashesOfAbc))]
    public async Task The_chosen_hash_is_computed_and_none_but_it_and_MD5(string name, string expected)
    {
        var kind = HashKind.Choices.Single(choice => choice.Name == name);
        using var examination = Examination(kind);
        using (var blocks = new SharedBlocks())
        {
            var hashes = examination.HashBeside(blocks);
            Assert.Equal(2, hashes.Count);
            await hashes.EndAsync();
        }

        var found = await IngestPipeline.RunAsync(new MemoryStream("abc"u8.ToArray()), new MemoryWriter(), examination, NoLimit, Ct);

        Assert.Equal(("900150983cd24fb0d6963f7d28e17f72", new ImageHash(name, expected), 2 * kind.Length), (found.Checksum, found.Hash, expected.Length));
    }

    [Fact]
    public async Task What_is_promised_is_hashed_too_and_nothing_twice()
    {
        using var examination = new DataExamination(HashKind.Sha256, [HashKind.Sha224, HashKind.Sha256, HashKind.Md5], new FormatInspection("raw"));
        var found = await IngestPipeline.RunAsync(new MemoryStream("abc"u8.ToArray()), new MemoryWriter(), examination, NoLimit, Ct);
        Assert.Equal(["md5", "sha224", "sha256"], found.Digests.Keys.Order());
        // FIPS 180-2, change notice 1.
        Assert.Equal("23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7", found.Digests["sha224"]);
    }

    [Theory]
    [InlineData("sha1")]
    [InlineData("SHA256")]
    [InlineData("shake_128")]
    [InlineData("")]
    public void Another_choice_is_refused_at_the_start(string name) => Assert.Equal(
        $"Images:HashAlgorithm is '{name}'; it must be one of sha256, sha384, sha512, sha3_256, sha3_384, sha3_512.",
        new HashChoice().Validate(null, new ImageDataOptions { HashAlgorithm = name }).FailureMessage);

    [Fact]
    public async Task A_source_that_fails_is_told_apart_from_a_store_that_fails()
    {
        var source = new PiecewiseStream(new byte[1_000_000], 10_000) { FailAfter = 600_000 };
        var broken = await Assert.ThrowsAsync<DataSourceException>(() => IngestPipeline.RunAsync(source, new MemoryWriter(), Examination(), NoLimit, Ct));
        Assert.Equal("The data broke off after 524288 bytes.", broken.Message);

        await Assert.ThrowsAsync<StorageFullException>(() => IngestPipeline.RunAsync(
            new PiecewiseStream(new byte[3_000_000], 10_000), new MemoryWriter { Room = 1_000_000 }, Examination(), NoLimit, Ct));
    }

    [Fact]
    public async Task A_limit_is_enforced_before_the_bytes_beyond_it_are_written()
    {
        var writer = new MemoryWriter();
        await Assert.ThrowsAsync<InvalidDataException>(() => IngestPipeline.RunAsync(new PiecewiseStream(new byte[3_000_000], 10_000), writer, Examination(),
            size => { if (size > 1_000_000) throw new InvalidDataException(); }, Ct));
        Assert.InRange(writer.Written.Length, 0, 1_000_000);
    }

    [Fact]
    public async Task Memory_does_not_grow_with_the_data()
    {
        var writer = new BufferCounter();
        await IngestPipeline.RunAsync(new EndlessZeros(256 << 20), writer, Examination(), NoLimit, Ct);
        Assert.Equal(256 << 20, writer.Length);
        Assert.InRange(writer.Buffers.Count, 1, 16);
    }

    [Fact]
    public async Task Cancellation_ends_it_even_while_the_store_hangs()
    {
        using var cancel = new CancellationTokenSource();
        var writer = new HangingWriter();
        var run = IngestPipeline.RunAsync(new EndlessZeros(long.MaxValue), writer, Examination(), NoLimit, cancel.Token);
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
