using System.Net;
using Tintype.ApiTests.Images.Import;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Stores;

/// <summary>A chunk is flipped, truncated or missing: nobody is ever given other bytes than the image's, who is hurt is named, and another copy helps.</summary>
public sealed class DamagedChunkTests : IAsyncLifetime
{
    private const int Length = 1_500_000;

    private readonly TemporaryDirectory _data = new();
    private TintypeServer _server = null!;
    private ApiClient _one = null!;
    private ApiClient _admin = null!;

    private string Packs => Path.Combine(_server.DataDirectory, "stores", "dedup", "packs");

    public async ValueTask InitializeAsync()
    {
        _server = await TintypeServer.StartAsync(_data.Combine("data"), "--Images:Stores:dedup:Driver=chunks", "--Images:Stores:plain:Driver=local", "--Images:DefaultStore=dedup");
        _one = await ApiClient.SignInAsync(_server, "tintype");
        _admin = await ApiClient.SignInAsync(_server, "tintype-admin");
    }

    public async ValueTask DisposeAsync()
    {
        _one.Dispose();
        _admin.Dispose();
        await _server.DisposeAsync();
        _data.Dispose();
    }

    [Theory]
    [InlineData("flipped")]
    [InlineData("truncated")]
    [InlineData("missing")]
    public async Task Nobody_reads_other_bytes_than_the_images_own(string damage)
    {
        var (hurt, hurtPacks) = await UploadAsync(1);
        var (whole, _) = await UploadAsync(2);
        var (copied, copiedPacks) = await UploadAsync(3);
        Assert.Equal(202, (int)(await SendAsync(_admin, "POST", $"{Root}/{copied}/import", """{"method": {"name": "copy-image"}, "stores": ["plain"]}""")).Status);
        await ImportServer.SettledAsync(_one, copied);

        foreach (var pack in hurtPacks.Concat(copiedPacks))
            Damage(pack, damage);

        var random = new Random(20261128);
        Assert.Equal(Data(2), await _one.BytesAsync($"{Root}/{whole}/file"));
        Assert.Equal(Data(3), await _one.BytesAsync($"{Root}/{copied}/file"));
        await AssertNothingWrongAsync(hurt, Data(1), 0, Length);
        for (var i = 0; i < 20; i++)
        {
            var first = random.Next(Length);
            await AssertNothingWrongAsync(hurt, Data(1), first, random.Next(1, Length - first + 1));
        }

        await ScrubAsync();
        var store = Assert.Single((await _admin.GetAsync("/tintype/v1/chunks/scrub")).Json.GetProperty("stores").EnumerateArray());
        Assert.Equal([hurt], store.GetProperty("damages").EnumerateArray().Select(d => d.GetProperty("image_id").GetString()!).Distinct());
        // What had a copy is whole again without it.
        Assert.True(store.GetProperty("healed_chunks").GetInt32() > 0, store.ToString());
        Assert.Equal(204, (int)(await _admin.SendAsync(HttpMethod.Delete, $"/image/v2/stores/plain/{copied}")).Status);
        Assert.Equal(Data(3), await _one.BytesAsync($"{Root}/{copied}/file"));
        Assert.Equal(Data(2), await _one.BytesAsync($"{Root}/{whole}/file"));
    }

    /// <summary>The answer may be a refusal, or end too early; what has come until then is the image's.</summary>
    private async Task AssertNothingWrongAsync(string image, byte[] data, int first, int length)
    {
        using var http = new HttpClient { BaseAddress = _server.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Root}/{image}/file");
        request.Headers.Add("X-Auth-Token", _one.Token);
        request.Headers.Range = new(first, first + length - 1);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        if (answer.StatusCode != HttpStatusCode.PartialContent)
        {
            Assert.True((int)answer.StatusCode >= 500, $"{(int)answer.StatusCode}");
            return;
        }

        using var read = new MemoryStream();
        try
        {
            await answer.Content.CopyToAsync(read, TestContext.Current.CancellationToken);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            // Cut off where the damage is. What came before is in the stream.
        }

        Assert.True(data.AsSpan(first, (int)read.Length).SequenceEqual(read.ToArray()), $"of {length} bytes from {first} on, some of {read.Length} are wrong");
    }

    private static void Damage(string pack, string how)
    {
        if (how == "missing")
        {
            File.Delete(pack);
            return;
        }

        using var file = File.Open(pack, FileMode.Open, FileAccess.ReadWrite);
        // In the middle of the content: neither the pack's head nor its table of what it has.
        if (how == "truncated")
        {
            file.SetLength(file.Length / 2);
            return;
        }

        file.Position = file.Length / 2;
        var one = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(one ^ 0x10));
    }

    private async Task<(string Id, IReadOnlyList<string> Packs)> UploadAsync(int seed)
    {
        var before = Directory.GetFiles(Packs);
        var id = await CreateAsync(_one, """{"name": "damaged", "disk_format": "raw", "container_format": "bare"}""");
        Assert.Equal(204, (int)(await _one.SendBytesAsync(HttpMethod.Put, $"{Root}/{id}/file", Data(seed))).Status);
        return (id, [.. Directory.GetFiles(Packs).Except(before)]);
    }

    private async Task ScrubAsync()
    {
        var id = (await SendAsync(_admin, "POST", "/tintype/v1/chunks/scrub", "{}")).Json.GetProperty("task_id").GetString();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var task = (await _admin.GetAsync($"/tintype/v1/tasks/{id}")).Json;
            if (task.GetProperty("status").GetString() is "success" or "failure")
            {
                Assert.True(task.GetProperty("status").GetString() == "success", task.ToString());
                return;
            }

            await Task.Delay(20, patience.Token);
        }
    }

    private static byte[] Data(int seed)
    {
        var data = new byte[Length];
        new Random(seed).NextBytes(data);
        return data;
    }
}
