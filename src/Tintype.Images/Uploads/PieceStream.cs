using Tintype.DiskFormats;

namespace Tintype.Images.Uploads;

/// <summary>
/// The body of a request of which nothing is to be lost: where it breaks off, it ends, and <see cref="Broken"/> says why. A client that
/// falls silent has broken off too.
/// </summary>
/// <param name="idle">How long a read may take.</param>
/// <param name="limit">Bytes that are still missing; more are an error of the client.</param>
/// <param name="stop">Ends the body as well.</param>
internal sealed class PieceStream(Stream body, TimeSpan idle, long limit, CancellationToken stop) : ForwardStream
{
    private readonly CancellationTokenSource _patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
    private long _left = limit;

    public Exception? Broken { get; private set; }

    /// <summary>The body goes on beyond the limit.</summary>
    public bool IsTooLong { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Broken is not null || IsTooLong)
            return 0;
        try
        {
            _patience.CancelAfter(idle);
            var read = await body.ReadAsync(buffer, _patience.Token);
            if (read > _left)
            {
                IsTooLong = true;
                read = (int)_left;
            }

            _left -= read;
            return read;
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException)
        {
            Broken = broken;
            return 0;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _patience.Dispose();
        base.Dispose(disposing);
    }
}
