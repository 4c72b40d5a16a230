using Microsoft.Win32.SafeHandles;

namespace Tintype.Storage.Local;

/// <summary>Writes a file front to back and leaves out runs of zeros, which the file system keeps as holes.</summary>
/// <param name="store">Whose room it takes, for the exception.</param>
/// <param name="from">Bytes that the file has already.</param>
internal sealed class SparseFile(SafeFileHandle file, string store, long from = 0)
{
    /// <summary>Zeros are left out in blocks of this size, at multiples of it: small enough to find them, large enough not to fragment the file.</summary>
    private const int HoleSize = 64 * 1024;

    private readonly WriteBehind _writeBehind = new(file, from);
    private long _stored = from;

    public long Length { get; private set; } = from;

    /// <exception cref="StorageFullException">There is no room for these bytes; <see cref="Length"/> counts those that are written.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                var zeros = LeadingHoles(bytes.Span, Length);
                bytes = bytes[zeros..];
                Length += zeros;
                var data = DataBeforeHole(bytes.Span, Length);
                if (data == 0)
                    continue;
                await RandomAccess.WriteAsync(file, bytes[..data], Length, ct);
                bytes = bytes[data..];
                Length += data;
                _stored = Length;
            }

            await _writeBehind.AdvanceAsync(_stored);
        }
        catch (IOException full) when (IsFull(full))
        {
            throw new StorageFullException(store, full);
        }
    }

    public void SkipZeros(long length) => Length += length;

    /// <summary>Gives the file its length, and makes its data durable.</summary>
    /// <param name="path">For the exception.</param>
    public void Finish(string path)
    {
        try
        {
            // What ends in a hole has been given no length by any write.
            if (_stored != Length)
                RandomAccess.SetLength(file, Length);
            var found = RandomAccess.GetLength(file);
            if (found != Length)
                throw new IOException($"{path} has {found} bytes after {Length} were written.");
            RandomAccess.FlushToDisk(file);
        }
        catch (IOException full) when (IsFull(full))
        {
            throw new StorageFullException(store, full);
        }
    }

    public static bool IsFull(IOException exception) => exception.HResult is Kernel.ENOSPC or Kernel.EDQUOT;

    /// <summary>Bytes at the front that are whole blocks of zeros, and may therefore stay holes.</summary>
    private static int LeadingHoles(ReadOnlySpan<byte> bytes, long position)
    {
        var zeros = 0;
        if (position % HoleSize != 0)
            return 0;
        while (bytes.Length - zeros >= HoleSize && !bytes.Slice(zeros, HoleSize).ContainsAnyExcept((byte)0))
            zeros += HoleSize;
        return zeros;
    }

    /// <summary>Bytes at the front up to the next whole block of zeros.</summary>
    private static int DataBeforeHole(ReadOnlySpan<byte> bytes, long position)
    {
        var data = 0;
        while (data < bytes.Length && LeadingHoles(bytes[data..], position + data) == 0)
            data += (int)Math.Min(bytes.Length - data, HoleSize - ((position + data) % HoleSize));
        return data;
    }
}
