using System.Runtime.CompilerServices;

namespace Tintype.Storage.Http;

/// <summary>
/// Data that web servers keep, each blob under a URL of its own. Nothing is ever written to it, and it has nothing under an id: to the
/// interface of stores it is an empty one that takes nothing.
/// </summary>
public sealed class HttpStore(string name, IWebClient web) : IBlobStore, IUrlReadable
{
    public string Name => name;

    public async Task<Stream> OpenUrlAsync(string url, long offset, long length, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length == 0)
            return Stream.Null;
        var answer = await web.AskAsync(url, head: false, (offset, offset + length - 1), ct);
        try
        {
            // A server that knows no ranges answers with the whole.
            var skipped = answer.Status switch
            {
                206 when answer.RangeStart == offset => 0,
                206 => throw new RemoteDataException($"{url} was asked for the bytes from {offset} and gives those from {answer.RangeStart?.ToString() ?? "nobody knows where"}."),
                200 => offset,
                416 => throw new RemoteDataException($"{url} has no byte {offset} any more: what lies there is not what it was."),
                var status => throw Refused(url, status),
            };
            await SkipAsync(answer.Body, url, skipped, ct);
            return answer.Body;
        }
        catch
        {
            await answer.DisposeAsync();
            throw;
        }
    }

    public async Task<long> MeasureAsync(string url, CancellationToken ct)
    {
        await using var answer = await web.AskAsync(url, head: true, null, ct);
        if (answer.Status != 200)
            throw Refused(url, answer.Status);
        return answer.Length ?? throw new RemoteDataException($"{url} does not say how long its data is (no Content-Length).");
    }

    public Task<IBlobWriter> CreateAsync(Guid id, CancellationToken ct) =>
        throw new NotSupportedException($"The store '{name}' is read-only; what it has lies on web servers.");

    public Task<Stream> OpenReadAsync(Guid id, CancellationToken ct) => throw new BlobNotFoundException(name, id);

    public Task DeleteAsync(Guid id, CancellationToken ct) => Task.CompletedTask;

    public async IAsyncEnumerable<StoredBlob> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await Task.CompletedTask;
        yield break;
    }

    private static RemoteDataException Refused(string url, int status) => new($"{url} answers with status {status}, not with data.");

    private static async Task SkipAsync(Stream data, string url, long bytes, CancellationToken ct)
    {
        var buffer = new byte[(int)Math.Min(bytes, 256 * 1024)];
        while (bytes > 0)
        {
            var read = await data.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, bytes)), ct);
            if (read == 0)
                throw new RemoteDataException($"{url} ended {bytes} bytes before the range that was asked for.");
            bytes -= read;
        }
    }
}
