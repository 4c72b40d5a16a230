namespace Tintype.Qemu.Disks;

/// <summary>A disk of which it is known what has been changed since something else was its content.</summary>
public interface IChangedDisk : IAsyncDisposable
{
    /// <summary>Bytes.</summary>
    long Length { get; }

    /// <summary>The bitmap that tells what has changed since it began; null if it is told by what the disk's own layers hold: all that
    /// was ever changed above its image.</summary>
    string? Bitmap { get; }

    /// <summary>The disk from front to back as runs of what became of them. Adjacent, ordered, complete.</summary>
    IAsyncEnumerable<ChangedExtent> ChangesAsync(CancellationToken ct);

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/>, which lies in what has changed.</summary>
    ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct);
}

public readonly record struct ChangedExtent(long Offset, long Length, Change Change);

public enum Change
{
    /// <summary>It is what it was.</summary>
    None,

    /// <summary>It has become zeros.</summary>
    Zeros,

    /// <summary>It may have become anything.</summary>
    Data,
}
