using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tintype.Compute.Keypairs;
using Tintype.Compute.Servers.Create;
using Tintype.Images.Data.Download;
using Tintype.Images.Listing;
using Tintype.Images.Policies;
using Tintype.Images.Protections;
using Tintype.Images.Quotas;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Tests.Images;
using Tintype.Tests.Images.Records;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.Tests.Fuzzing;

/// <summary>Hostile words in requests: each is understood or refused with a fault that is the client's, never anything else.</summary>
[Trait("run", "fuzz")]
public sealed class RequestFuzzTests
{
    private static readonly TextMutator _json = new("{", "}", "[", "]", ":", ",", "{\"op\": \"add\", \"path\": \"/x\", \"value\": \"1\"}", "[{\"op\": \"replace\", \"path\": \"/name\", \"value\": ", "\"op\": ",
        "\"path\": \"/", "\"value\": ", "\"name\"", "\"tags\": [\"a\"]", "\"visibility\": \"public\"", "\"disk_format\": \"raw\"", "\"min_disk\": ", "\"id\": \"6b6c0f5e-6f5c-4bd5-8ae6-0b7a5a1f7f11\"",
        "\"locations\"", "\"\\ud800\"", "\"\\u0000\"", "\"os_glance_x\"", "\"server\": {", "\"imageRef\": ", "\"networks\": \"none\"", "\"metadata\": {", "\"user_data\": ", "1", "null", "true", "\"x\"", "}]");

    [Fact]
    public void Filters_of_a_list()
    {
        var words = new TextMutator("eq:", "in:", "neq:", "gt:", "gte:", "lt:", "lte:", "a", "b", ",", "\"a,b\"", "\"", "\\\"", "2026-11-23", "T20:38:13Z", "9999-12-31T23:59:59Z", "0001-01-01", "+14:00", "-14:00", "name", "active");
        Fuzz.Cases(6000, random =>
        {
            var expression = words.Next(random);
            if (Allowed(() => FilterExpression.Values(expression)) is { } values)
                Assert.NotNull(values);
            Allowed(() => FilterExpression.Time(TimeAttribute.CreatedAt, "created_at", expression));
        });
    }

    [Fact]
    public void Parameters_of_a_list()
    {
        var names = new TextMutator("limit", "marker", "sort", "sort_key", "sort_dir", "visibility", "member_status", "os_hidden", "tag", "name", "id", "status", "size", "size_min", "size_max", "_min", "_max",
            "created_at", "protected", "changes-since", "owner", "property", "min_ram", "virtual_size_max");
        var values = new TextMutator("10", "0", "-1", "name:asc", "size:desc", ",", ":", "asc", "desc", "created_at", "public", "all", "shared", "accepted", "true", "false", "True", "in:a,b", "gt:2026-01-01");
        Fuzz.Cases(4000, random =>
        {
            var parameters = Enumerable.Range(0, random.Next(5)).Select(_ => KeyValuePair.Create(names.Next(random), values.Next(random))).ToList();
            if (Allowed(() => ImageListParser.Parse(parameters)) is { } query)
                Assert.InRange(query.Limit, 0, ImageListParser.MaximumLimit);
        });
    }

    [Fact]
    public void Ranges_of_bytes()
    {
        var words = new TextMutator("bytes=", "bytes ", "bytes", "=", "-", "0", "1", "99", "100", "0-49", "50-", "-50", "/", "/100", "/*", ",", " ");
        Fuzz.Cases(6000, random =>
        {
            var size = random.Next(4) switch { 0 => 0, 1 => 100, 2 => long.MaxValue, _ => random.NextInt64(1, 1L << 50) };
            var range = Allowed(() => new Found<ByteRange?>(ByteRange.Parse(random.Next(2) == 0 ? words.Next(random) : null, words.Next(random), size)));
            if (range?.Value is { } part)
                Assert.True(part.Offset >= 0 && part.Length > 0 && part.Offset <= size - part.Length, $"{part} of {size}");
        });
    }

    [Fact]
    public Task Json_of_patches_creations_and_servers() => Fuzz.CasesAsync(6000, async random =>
    {
        var text = Sound(random) is { } sound && random.Next(3) > 0 ? Damaged(sound, random) : _json.Next(random);
        using var document = await ReadAsync(Encoding.UTF8.GetBytes(text));
        if (document is null)
            return;
        foreach (var dialect in (PatchDialect[])[PatchDialect.V20, PatchDialect.V21])
            Allowed(() => ImagePatch.Parse(document.RootElement, dialect));
        Allowed(() => ImageCreation.Draft(document.RootElement, Personas.OwningMember, ImagePolicies.Defaults, PropertyProtections.None, new LocalQuotas(), TestImages.Noon));
        Allowed(() => ServerCreateRequest.Parse(document.RootElement, new Microversion(2, random.Next(1, 91))));
    });

    [Fact]
    public void Pointers_of_patches()
    {
        var words = new TextMutator("/", "name", "~0", "~1", "~", "locations", "/-", "/0", " ", "os_glance", "a");
        Fuzz.Cases(4000, random =>
        {
            var pointer = words.Next(random);
            if (Allowed(() => ImagePatch.Steps(pointer)) is { } steps)
                Assert.NotEmpty(steps);
            Allowed(() => new Found<PatchDialect>(ImagePatch.Dialect(pointer)));
        });
    }

    [Fact]
    public void Microversions()
    {
        var words = new TextMutator("compute", " ", "2", ".", "1", "2.90", "latest", ",", "image");
        var api = new MicroversionedApi("compute", "X-OpenStack-Nova-API-Version", new Microversion(2, 1), new Microversion(2, 90));
        Fuzz.Cases(3000, random =>
        {
            var headers = new HeaderDictionary { [MicroversionedApi.Header] = words.Next(random), ["X-OpenStack-Nova-API-Version"] = words.Next(random) };
            if (Allowed(() => new Found<Microversion>(api.Negotiate(headers))) is { } version)
                Assert.True(version.Value >= api.Minimum && version.Value <= api.Maximum);
        });
    }

    [Fact]
    public void Public_keys()
    {
        var key = SshPublicKey.Generate().Public.Line;
        var words = new TextMutator("ssh-rsa ", "ssh-ed25519 ", key, key[..40], "AAAAB3NzaC1yc2E", "AAAA/////w==", " comment", "=");
        Fuzz.Cases(3000, random =>
        {
            var text = words.Next(random);
            if (Allowed(() => SshPublicKey.Parse(text)) is { } parsed)
                Assert.DoesNotContain(parsed.Line, c => c is '\n' or '\r');
        });
    }

    /// <summary>The client's fault and no other.</summary>
    private static T? Allowed<T>(Func<T> parse)
        where T : class
    {
        try
        {
            return parse();
        }
        catch (Fault fault)
        {
            Assert.True(fault.Kind < FaultKind.ServerError, fault.ToString());
            Assert.False(string.IsNullOrWhiteSpace(fault.Message));
            return null;
        }
    }

    private static async Task<JsonDocument?> ReadAsync(byte[] body)
    {
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(body);
        try
        {
            return await JsonBody.ReadDocumentAsync(context.Request, TestContext.Current.CancellationToken);
        }
        catch (Fault fault)
        {
            Assert.Equal(FaultKind.BadRequest, fault.Kind);
            return null;
        }
    }

    private static string Sound(Random random) => random.Next(4) switch
    {
        0 => """[{"op": "add", "path": "/x~1y", "value": "1"}, {"op": "replace", "path": "/tags", "value": ["a", "b"]}, {"op": "remove", "path": "/z"}]""",
        1 => """[{"add": "/name", "value": "x"}, {"remove": "/locations/0"}, {"replace": "/min_disk", "value": 3}]""",
        2 => """{"name": "n", "id": "6b6c0f5e-6f5c-4bd5-8ae6-0b7a5a1f7f11", "disk_format": "raw", "container_format": "bare", "tags": ["a"], "min_ram": 1, "protected": false, "visibility": "shared", "p": "v"}""",
        _ => """{"server": {"name": "vm", "imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "flavorRef": "1", "networks": "none", "metadata": {"a": "b"}, "min_count": 1, "user_data": "aGVsbG8=", "key_name": "k"}}""",
    };

    private static string Damaged(string text, Random random)
    {
        var damaged = new StringBuilder(text);
        for (var changes = random.Next(1, 5); changes > 0 && damaged.Length > 0; changes--)
        {
            var at = random.Next(damaged.Length);
            if (random.Next(3) == 0)
                damaged.Remove(at, Math.Min(random.Next(1, 20), damaged.Length - at));
            else
                damaged.Insert(at, random.Next(2) == 0 ? _json.Next(random) : text[random.Next(text.Length)].ToString());
        }

        return damaged.ToString();
    }

    private sealed record Found<T>(T Value);
}
