using System.Buffers;
using System.Threading.Channels;

namespace Tintype.Images.Data.Ingest;

/// <summary>A piece of an upload that several stages read at once. Free again when the last of them has released it.</summary>
internal sealed class SharedBlock(byte[] buffer, ChannelWriter<SharedBlock> free)
{
    private int _readers;

    public Memory<byte> Buffer => buffer.AsMemory(0, SharedBlocks.BlockSize);

    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, Length);

    /// <summary>Bytes that are filled.</summary>
    public int Length { get; private set; }

    internal byte[] Array => buffer;

    public void Share(int length, int readers)
    {
        Length = length;
        _readers = readers;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _readers) == 0)
            free.TryWrite(this);
    }
}

/// <summary>
/// The memory of one upload: a fixed number of blocks that go round, so that the slowest stage holds up the socket and memory does
/// not grow with the image. One that has the processors to itself gets many, so that no stage waits while another is interrupted;
/// where many share the processors, depth gains nothing, and each gets few.
/// </summary>
internal sealed class SharedBlocks : IDisposable
{
    /// <summary>Hashing pieces of a few KiB costs twice as much as collecting them first.</summary>
    public const int BlockSize = 256 * 1024;

    private const int Most = 16;

    /// <summary>One that the stages read, one that waits for them, one that is being filled.</summary>
    private const int Fewest = 3;

    /// <summary>For the uploads of a moment, as long as that is not too few for one: 4 MiB.</summary>
    private const int Shared = 16;

    private static readonly ArrayPool<byte> _pool = ArrayPool<byte>.Create(BlockSize, maxArraysPerBucket: 4 * Shared);
    private static int _uploads;

    private readonly Channel<SharedBlock> _free = Channel.CreateUnbounded<SharedBlock>();
    private readonly SharedBlock[] _blocks;

    public SharedBlocks()
    {
        _blocks = new SharedBlock[Math.Clamp(Shared / Interlocked.Increment(ref _uploads), Fewest, Most)];
        for (var i = 0; i < _blocks.Length; i++)
        {
            _blocks[i] = new SharedBlock(_pool.Rent(BlockSize), _free.Writer);
            _free.Writer.TryWrite(_blocks[i]);
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => _blocks.Length;

    /// <exception cref="ChannelClosedException">A stage has failed.</exception>
    public ValueTask<SharedBlock> TakeAsync(CancellationToken ct) => _free.Reader.ReadAsync(ct);

    /// <summary>Wakes whoever waits for a block that a failed stage will not release.</summary>
    public void Fail(Exception reason) => _free.Writer.TryComplete(reason);

    /// <summary>Only after every stage has ended: the memory is given to others.</summary>
    public void Dispose()
    {
        foreach (var block in _blocks)
            _pool.Return(block.Array);
        Interlocked.Decrement(ref _uploads);
    }
}
