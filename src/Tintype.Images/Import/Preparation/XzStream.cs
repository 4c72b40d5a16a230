using Tintype.DiskFormats;

namespace Tintype.Images.Import.Preparation;

/// <summary>
/// What is packed as .xz, unpacked by liblzma: with every sum that the format has checked, and with what several streams one after another hold.
/// </summary>
/// <param name="packed">Left open.</param>
internal sealed class XzStream(Stream packed) : ForwardStream
{
    private readonly LzmaDecoder _decoder = LzmaDecoder.OfXz();
    private readonly byte[] _input = new byte[64 * 1024];
    private int _at;
    private int _filled;
    private bool _sourceEnded;
    private bool _ended;

    /// <exception cref="InvalidDataException">The data is no .xz, damaged, or ends early.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var written = 0;
        while (written == 0 && !_ended && !buffer.IsEmpty)
        {
            if (_at == _filled && !_sourceEnded)
            {
                (_at, _filled) = (0, await packed.ReadAsync(_input, cancellationToken));
                _sourceEnded = _filled == 0;
            }

            (var taken, written, _ended) = _decoder.Step(_input.AsSpan(_at.._filled), buffer.Span, _sourceEnded);
            _at += taken;
        }

        return written;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _decoder.Dispose();
        base.Dispose(disposing);
    }
}
