using System.Text;
using System.Text.Json.Nodes;
using Tintype.TestSupport;

namespace Tintype.ApiTests.Fuzzing;

/// <summary>Makes good requests bad, in one to three ways at once.</summary>
internal static class RequestMutator
{
    private static readonly string[] _methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "X"];

    private static readonly string[] _pathPieces =
    [
        "..", "%2e%2e", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%00", "a%00b", "%", "%zz", "%ff%fe", "%2f", "%5c..%5c", "", ".", "~", "\u00e9", "%C4%B0", "%F0%9D%92%B3", "%E2%80%AE", "a;b=c", "a:b", "*", "'", "\"", "%22", "%0d%0aX:%20y", "00000000-0000-0000-0000-000000000000",
        "6B6C0F5E-6F5C-4BD5-8AE6-0B7A5A1F7F11", "6b6c0f5e6f5c4bd58ae60b7a5a1f7f11", "{6b6c0f5e-6f5c-4bd5-8ae6-0b7a5a1f7f11}", "file", "members", "-1", "99999999999999999999", "first", "second", "nowhere", "../../first", "OS::Compute::Hypervisor", "<script>alert(1)</script>", "$(id)",
    ];

    private static readonly string[] _parameters =
    [
        "limit", "marker", "sort", "sort_key", "sort_dir", "visibility", "member_status", "os_hidden", "tag", "name", "id", "status", "size", "size_min", "size_max", "_min", "created_at", "updated_at", "protected", "changes-since", "owner", "os_type", "min_ram", "checksum",
        "resource_types", "resource_type", "namespace", "prefer", "type", "x%00y", "%ff", "is_public", "deleted", "all_tenants",
    ];

    private static readonly string[] _headers =
    [
        "Content-Type", "Accept", "Range", "Content-Range", "If-None-Match", "If-Range", "Expect", "Content-Encoding", "Transfer-Encoding", "X-Auth-Token", "x-openstack-image-size", "x-image-meta-store", "X-Openstack-Append", "x-image-cache-clear-target", "Upload-Offset", "Upload-Length",
        "Upload-Metadata", "Upload-Checksum", "Upload-Defer-Length", "Upload-Concat", "Tus-Resumable", "X-HTTP-Method-Override", "OpenStack-API-Version", "X-OpenStack-Nova-API-Version", "Host", "Connection", "Origin", "Access-Control-Request-Method", "Forwarded", "X-Forwarded-Proto",
        "X-Subject-Token", "X-Openstack-Request-Id", "Accept-Language", "Cookie",
    ];

    private static readonly TextMutator _headerWords = new("application/json", "application/octet-stream", "application/offset+octet-stream", "text/html", "*/*", ";q=0.5", ";charset=utf-16", "application/openstack-images-v2.1-json-patch", "application/vnd.openstack.images-v2.9",
        "application/vnd.openstack.images-v", "bytes=0-3", "bytes=", "bytes 0-3/20", "bytes=-5", "bytes=9-", "-", "100-continue", "gzip", "chunked", "close", "keep-alive", "compute 2.79", "latest", "2.1", "sha1 ", "image_id ", "8XDrLGS3JTyu8DRh8Dj7mVNQ2Zg=", "20", "1.0.0", "http://example.org", "tintype:80", ",", "first");

    private static readonly TextMutator _values = new("10", "0", "-1", "1e3", "name:asc", "size:desc", "asc", "desc", "created_at", "public", "all", "shared", "accepted", "true", "false", "True", "in:", "in:a,b", "neq:", "eq:", "gt:2026-01-01", "lt:", "gte:9999-12-31T23:59:59Z", "2026-01-01T00:00:00+14:00", "active", "\"a,b\"");

    private static readonly TextMutator _noise = new("{", "}", "[", "]", "\"op\": \"add\"", ",", ":", "null", "\"name\"", "1");

    public static void Mutate(Draft draft, Random random)
    {
        for (var ways = random.Next(8) == 0 ? 0 : random.Next(1, 4); ways > 0; ways--)
        {
            switch (random.Next(12))
            {
                case <= 4 when draft.Body is not null:
                    MutateBody(draft, random);
                    break;
                case 5 or 0:
                    MutatePath(draft, random);
                    break;
                case 6 or 1 or 2:
                    MutateQuery(draft, random);
                    break;
                case 7 or 3:
                    MutateHeader(draft, random);
                    break;
                case 8:
                    draft.Method = _methods[random.Next(_methods.Length)];
                    break;
                case 9:
                    draft.Body = random.Next(3) == 0 ? null : Encoding.Latin1.GetBytes(Bytes(_noise.Next(random)));
                    break;
                case 10 when random.Next(3) == 0:
                    draft.Framing = (Framing)random.Next(Enum.GetValues<Framing>().Length);
                    break;
                case 11:
                    draft.Framing = Framing.Chunks;
                    break;
            }
        }
    }

    private static void MutateBody(Draft draft, Random random)
    {
        var body = draft.Body!;
        switch (random.Next(10))
        {
            case < 7 when MutateJson(body, random) is { } json:
                draft.Body = Encoding.UTF8.GetBytes(json);
                break;
            case 7:
                draft.Body = body[..random.Next(body.Length + 1)];
                break;
            case 8:
                draft.Body = random.Next(5) switch
                {
                    0 => [.. "\ufeff"u8, .. body],
                    1 => Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(body)),
                    2 => [.. body, .. body],
                    3 => [.. body, .. new byte[random.Next(2) == 0 ? 10 : 1_100_000]],
                    _ => [],
                };
                break;
            default:
                var copy = body.ToList();
                for (var times = random.Next(1, 6); times > 0 && copy.Count > 0; times--)
                    copy[random.Next(copy.Count)] = (byte)random.Next(256);
                draft.Body = [.. copy];
                break;
        }
    }

    private static void MutatePath(Draft draft, Random random)
    {
        var (path, query) = Split(draft.Path);
        var pieces = path.Split('/').ToList();
        var at = random.Next(1, pieces.Count);
        var piece = random.Next(12) switch
        {
            0 => new string('a', random.Next(2) == 0 ? 300 : 7000),
            1 => Escaped(_values.Next(random)),
            _ => _pathPieces[random.Next(_pathPieces.Length)],
        };
        switch (random.Next(4))
        {
            case 0:
                pieces.Insert(at, piece);
                break;
            case 1 when pieces.Count > 2:
                pieces.RemoveAt(at);
                break;
            default:
                // The last piece is what names things.
                pieces[random.Next(2) == 0 ? ^1 : at] = piece;
                break;
        }

        draft.Path = string.Join('/', pieces) + query;
    }

    private static void MutateQuery(Draft draft, Random random)
    {
        var (path, query) = Split(draft.Path);
        var parameters = query.Split(['?', '&'], StringSplitOptions.RemoveEmptyEntries).ToList();
        if (parameters.Count > 0 && random.Next(2) == 0)
        {
            var at = random.Next(parameters.Count);
            parameters[at] = $"{parameters[at].Split('=')[0]}={Escaped(_values.Next(random))}";
        }
        else
        {
            for (var more = random.Next(20) == 0 ? 1100 : random.Next(1, 3); more > 0; more--)
                parameters.Add($"{_parameters[random.Next(_parameters.Length)]}{(random.Next(10) == 0 ? "" : "=")}{Escaped(_values.Next(random))}");
        }

        draft.Path = $"{path}?{string.Join('&', parameters)}";
        if (draft.Path.Length > 7500)
            draft.Path = draft.Path[..7500];
    }

    private static void MutateHeader(Draft draft, Random random)
    {
        var name = random.Next(3) == 0 && draft.Headers.Count > 0 ? draft.Headers[random.Next(draft.Headers.Count)].Name : _headers[random.Next(_headers.Length)];
        switch (random.Next(5))
        {
            case 0:
                draft.Headers.RemoveAll(h => h.Name == name);
                break;
            case 1:
                draft.Headers.Add((name, HeaderText(random)));
                break;
            default:
                draft.Set(name, HeaderText(random));
                break;
        }
    }

    // A line's end would be no longer a value but more headers; damaged heads are another way to be bad.
    private static string HeaderText(Random random) => new([.. Bytes(random.Next(30) == 0 ? new string('h', 9000) : _headerWords.Next(random)).Where(c => c is not ('\r' or '\n' or '\0'))]);

    /// <summary>UTF-8, one byte a character.</summary>
    private static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private static string Escaped(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(b =>
        char.IsAsciiLetterOrDigit((char)b) || ":,-_.~".Contains((char)b, StringComparison.Ordinal) ? ((char)b).ToString() : $"%{b:X2}"));

    private static (string Path, string Query) Split(string target) =>
        target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var at ? (target[..at], target[at..]) : (target, "");

    /// <returns>Null for what is no JSON, or can be told to be none only late: the same name twice, half a character.</returns>
    private static string? MutateJson(byte[] body, Random random)
    {
        try
        {
            return JsonNode.Parse(body) is { } json ? JsonMutator.Mutate(json, random) : null;
        }
        catch (Exception broken) when (broken is System.Text.Json.JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }
}
