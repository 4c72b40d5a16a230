using System.Net.Http.Headers;
using Microsoft.Extensions.Options;
using Tintype.Images.Import.WebDownload;
using Tintype.Platform.Http;
using Tintype.Storage.Http;

namespace Tintype.Images.Stores.Http;

/// <summary>The web as the store of what lies there may read it: by the rules of web-download, at each reading anew.</summary>
internal sealed class StoreWeb(WebSource source, IOptions<DownloadOptions> options) : IWebClient
{
    public async Task<WebAnswer> AskAsync(string url, bool head, (long First, long Last)? range, CancellationToken ct)
    {
        HttpResponseMessage response;
        try
        {
            response = await source.AskAsync(head ? HttpMethod.Head : HttpMethod.Get, url, range is { } bytes ? new RangeHeaderValue(bytes.First, bytes.Last) : null, ct);
        }
        catch (Fault refused)
        {
            throw new RemoteDataException(refused.Message, refused);
        }

        // To dispose of its content's stream gives the connection back, which is all that the response has.
        var body = new IdleTimeoutStream(await response.Content.ReadAsStreamAsync(ct), url, options.Value.IdleTimeout,
            (sentence, cause) => new RemoteDataException(sentence, cause));
        return new WebAnswer((int)response.StatusCode, response.Content.Headers.ContentLength, response.Content.Headers.ContentRange?.From, body);
    }
}
