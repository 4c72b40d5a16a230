using Tintype.DiskFormats;
using Tintype.Platform.Http;

namespace Tintype.Images.Data.Ingest;

/// <summary>
/// The body of a request that brings image data, from a client that may be slow but must not fall silent: its image would stay in saving, and
/// its upload count against the project's, for as long as the connection stands.
/// </summary>
/// <param name="patience">How long nothing may come.</param>
/// <param name="ct">The request's.</param>
internal sealed class ClientBody(Stream inner, TimeSpan patience, CancellationToken ct) : ForwardStream
{
    // One for all reads: each would otherwise cost a timer of its own.
    private readonly CancellationTokenSource _clock = CancellationTokenSource.CreateLinkedTokenSource(ct);
    private long _received;

    /// <exception cref="Fault">408: nothing has come for too long.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _clock.CancelAfter(patience);
        try
        {
            var read = await inner.ReadAsync(buffer, _clock.Token);
            _received += read;
            return read;
        }
        catch (OperationCanceledException late) when (!ct.IsCancellationRequested)
        {
            throw Fault.UploadStalled(patience, _received, late);
        }
        finally
        {
            // What is done with the bytes takes its own time.
            _clock.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _clock.Dispose();
        base.Dispose(disposing);
    }
}
