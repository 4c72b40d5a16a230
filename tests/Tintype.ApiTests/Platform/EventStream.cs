using System.Globalization;
using System.Text.Json;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Platform;

/// <summary>Follows <c>/tintype/v1/events</c> as a browser does.</summary>
internal sealed class EventStream : IDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(1);

    private readonly HttpClient _http;
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;

    private EventStream(HttpClient http, HttpResponseMessage response, Stream body)
    {
        _http = http;
        _response = response;
        _reader = new StreamReader(body);
    }

    public HttpResponseMessage Response => _response;

    /// <summary>The id of the last event.</summary>
    public long Last { get; private set; }

    public static async Task<EventStream> OpenAsync(TintypeServer server, string token, long? last = null)
    {
        var http = new HttpClient { BaseAddress = server.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/tintype/v1/events");
        request.Headers.Add("X-Auth-Token", token);
        if (last is { } id)
            request.Headers.Add("Last-Event-ID", id.ToString(CultureInfo.InvariantCulture));
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
        return new EventStream(http, response, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>The next event; null at the stream's end.</summary>
    public async Task<(string Name, JsonElement Data)?> NextAsync()
    {
        string? name = null;
        string? data = null;
        while (await _reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(_limit, TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
                name = line["event: ".Length..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                data = line["data: ".Length..];
            else if (line.StartsWith("id: ", StringComparison.Ordinal))
                Last = long.Parse(line["id: ".Length..], CultureInfo.InvariantCulture);
            else if (line.Length == 0 && data is not null)
                return (name!, JsonDocument.Parse(data).RootElement);
        }

        return null;
    }

    /// <summary>The first task about the subject that is so.</summary>
    public async Task<JsonElement> UntilAsync(string subject, Func<JsonElement, bool> isSo)
    {
        while (await NextAsync() is { } heard)
        {
            Assert.Equal("task", heard.Name);
            if (heard.Data.GetProperty("subject_id").GetString() == subject && isSo(heard.Data))
                return heard.Data;
        }

        throw new InvalidOperationException("The stream has ended.");
    }

    public void Dispose()
    {
        _reader.Dispose();
        _response.Dispose();
        _http.Dispose();
    }
}
