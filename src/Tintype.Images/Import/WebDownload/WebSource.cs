using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Tintype.Platform.Http;

namespace Tintype.Images.Import.WebDownload;

/// <summary>Fetches what lies under a URL, from nowhere that the rules refuse.</summary>
internal sealed class WebSource : IDisposable
{
    private readonly DownloadRules _rules;
    private readonly DownloadOptions _options;
    private readonly HttpClient _http;

    public WebSource(DownloadRules rules, IOptions<DownloadOptions> options)
    {
        _rules = rules;
        _options = options.Value;
        _http = new HttpClient(new SocketsHttpHandler
        {
            // Each redirect is checked as the first URL was; a proxy would resolve names by itself.
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = ConnectAsync,
            ConnectTimeout = TimeSpan.FromSeconds(30),
            // A connection is checked when it is made: the next download makes its own.
            PooledConnectionLifetime = TimeSpan.Zero,
        })
        { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The data under the URL. The caller disposes the response.</summary>
    /// <exception cref="Fault">Where it leads is refused, cannot be reached, or answers with anything but data; the sentence says which.</exception>
    public async Task<HttpResponseMessage> OpenAsync(string url, CancellationToken ct)
    {
        var response = await AskAsync(HttpMethod.Get, url, null, ct);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw Fault.BadRequest($"{response.RequestMessage!.RequestUri} answers with {(int)response.StatusCode} {response.ReasonPhrase}, not with an image.");
    }

    /// <summary>What the URL, or where it leads, answers, whatever it is. The caller disposes the response.</summary>
    /// <exception cref="Fault">Where it leads is refused, or cannot be reached.</exception>
    public async Task<HttpResponseMessage> AskAsync(HttpMethod method, string url, RangeHeaderValue? range, CancellationToken ct)
    {
        var uri = _rules.Check(url);
        for (var hop = 0; ; hop++)
        {
            var response = await SendAsync(method, uri, range, ct);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
                return response;
            using (response)
            {
                if (hop == _options.MaximumRedirects)
                    throw Fault.BadRequest($"{url} leads from one place to the next more than {_options.MaximumRedirects} times.");
                uri = Uri.TryCreate(uri, location, out var next) ? _rules.Check(next.AbsoluteUri)
                    : throw Fault.BadRequest($"{uri} leads to '{location.OriginalString}', which is no URL.");
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri uri, RangeHeaderValue? range, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, uri);
        request.Headers.Range = range;
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Tintype", null));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(_options.IdleTimeout);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        }
        catch (OperationCanceledException late) when (!ct.IsCancellationRequested)
        {
            throw new Fault(FaultKind.BadRequest, $"{uri} did not answer within {_options.IdleTimeout.TotalSeconds:F0} s.", late);
        }
        catch (HttpRequestException failed)
        {
            throw new Fault(FaultKind.BadRequest, $"{uri} cannot be fetched: {(failed.InnerException ?? failed).Message}", failed);
        }
    }

    /// <summary>Resolves the name and connects to an address that has been checked, to no other.</summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = await Dns.GetHostAddressesAsync(host, ct);
        // One refused address among good ones is a trap, not an alternative.
        if (addresses.FirstOrDefault(address => !_rules.Permits(address, host)) is { } refused)
            throw new HttpRequestException($"{host} is {refused}, which is not a public address.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
