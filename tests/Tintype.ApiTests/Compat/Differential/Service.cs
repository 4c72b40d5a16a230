using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tintype.ApiTests.Compat.Differential;

/// <summary>One of the two services, as it is asked.</summary>
/// <param name="root">Under which <c>/v2</c> is, without a slash at the end.</param>
/// <param name="tokens">By actor; null sends none.</param>
internal sealed class Service(string root, IReadOnlyDictionary<string, string?> tokens) : IDisposable
{
    private const string JsonPatch = "application/openstack-images-v2.1-json-patch";

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public string Root => root;

    /// <summary>Asks, and if need be asks again; the last answer is returned also if what is waited for never came.</summary>
    public async Task<Answer> AskAsync(Step step, Words words)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var answer = await SendAsync(step, words);
            if (step.Until is null || Has(answer, step.Until) || clock.Elapsed > _patience)
                return answer;
            await Task.Delay(_pause);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<Answer> SendAsync(Step step, Words words)
    {
        // Paths are sent as they stand, with what a browser would have tidied up.
        var url = new Uri(root + words.Fill(step.Path), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(new HttpMethod(step.Method), url);
        if (tokens[step.Actor] is { } token)
            request.Headers.Add("X-Auth-Token", token);
        if (step.Body is not null)
        {
            request.Content = new ByteArrayContent(words.FillBytes(step.Body));
            if (UsualType(step) is { } type)
                request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }

        foreach (var (name, value) in step.Headers)
            Add(request, name, words.Fill(value));
        using var response = await _http.SendAsync(request);
        var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        return new Answer((int)response.StatusCode, headers, await response.Content.ReadAsByteArrayAsync());
    }

    private static void Add(HttpRequestMessage request, string name, string value)
    {
        if (name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
        {
            request.Content ??= new ByteArrayContent([]);
            request.Content.Headers.Remove(name);
            if (value.Length > 0)
                request.Content.Headers.TryAddWithoutValidation(name, value);
        }
        else if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
        {
            request.Headers.TransferEncodingChunked = true;
        }
        else
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private static string UsualType(Step step) => step switch
    {
        { Method: "PATCH" } => JsonPatch,
        { Method: "PUT" } when step.Path.EndsWith("/file", StringComparison.Ordinal) || step.Path.EndsWith("/stage", StringComparison.Ordinal) => "application/octet-stream",
        _ => "application/json",
    };

    private static bool Has(Answer answer, Until until)
    {
        var value = (answer.Json as JsonObject)?[until.Field] switch
        {
            JsonArray list => list.Count.ToString(CultureInfo.InvariantCulture),
            var other => other?.ToString() ?? "",
        };
        // What is no answer to the question is waited for no longer.
        return until.Values.Contains(value) || answer.Status >= 400;
    }
}

/// <summary>What a service has answered.</summary>
internal sealed record Answer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public string ContentType => Headers.GetValueOrDefault("Content-Type", "");

    /// <summary>Null if the body is none.</summary>
    public JsonNode? Json
    {
        get
        {
            if (!ContentType.Contains("json", StringComparison.OrdinalIgnoreCase) || Body.Length == 0)
                return null;
            try
            {
                return JsonNode.Parse(Body);
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }
}
