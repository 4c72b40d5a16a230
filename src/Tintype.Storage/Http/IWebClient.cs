namespace Tintype.Storage.Http;

/// <summary>Asks web servers for what lies under a URL. Where one may be asked is for whoever implements this to decide.</summary>
public interface IWebClient
{
    /// <param name="head">Whether to ask what there is, without the data.</param>
    /// <param name="range">First and last byte; the whole if null.</param>
    /// <exception cref="RemoteDataException">The URL is refused, or the server does not answer.</exception>
    Task<WebAnswer> AskAsync(string url, bool head, (long First, long Last)? range, CancellationToken ct);
}

/// <summary>A server's answer, whatever its status. Reading the body throws <see cref="IOException"/> where the server breaks off or falls silent.</summary>
/// <param name="Length">Bytes of the body, or of what a GET would give; null if the server does not say.</param>
/// <param name="RangeStart">Where in the whole the body begins; null if the server does not say.</param>
public sealed record WebAnswer(int Status, long? Length, long? RangeStart, Stream Body) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Body.DisposeAsync();
}

/// <summary>A server of somebody else's does not give what it should. The message is for the user.</summary>
public sealed class RemoteDataException(string message, Exception? inner = null) : IOException(message, inner);
