using Tintype.DiskFormats;

namespace Tintype.Images.Import.WebDownload;

/// <summary>Reads from a server that must not fall silent: each read ends within a time, however long the whole takes.</summary>
/// <param name="fail">Makes what is thrown of a sentence and its cause.</param>
internal sealed class IdleTimeoutStream(Stream inner, string source, TimeSpan timeout, Func<string, Exception, Exception> fail) : ForwardStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(timeout);
        try
        {
            return await inner.ReadAsync(buffer, patience.Token);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw fail($"{source} has sent nothing for {timeout.TotalSeconds:F0} s; the download was given up.", late);
        }
        catch (IOException broken)
        {
            throw fail($"The download from {source} broke off: {broken.Message}", broken);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
