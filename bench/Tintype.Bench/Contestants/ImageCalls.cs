using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Tintype.Bench.Clients;

namespace Tintype.Bench.Contestants;

/// <summary>What the lines do with a service, whichever it is.</summary>
internal static class ImageCalls
{
    private const string NewImage = """
        {"name": "bench", "disk_format": "raw", "container_format": "bare", "visibility": "private", "tags": ["bench", "one"],
         "os_distro": "debian", "os_version": "12", "hw_disk_bus": "virtio", "hw_qemu_guest_agent": "yes"}
        """;

    public static HttpClient Client(this IImageService service)
    {
        var client = new HttpClient { BaseAddress = service.Images, Timeout = TimeSpan.FromMinutes(5) };
        client.DefaultRequestHeaders.Add("X-Auth-Token", service.Token);
        return client;
    }

    public static async Task<Guid> CreateImageAsync(this HttpClient client, CancellationToken ct)
    {
        using var body = new StringContent(NewImage, Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(new Uri("images", UriKind.Relative), body, ct);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(ct)).GetProperty("id").GetGuid();
    }

    public static async Task DeleteImageAsync(this HttpClient client, Guid id, CancellationToken ct)
    {
        using var answer = await client.DeleteAsync(new Uri($"images/{id}", UriKind.Relative), ct);
        answer.EnsureSuccessStatusCode();
    }

    public static string FilePath(this IImageService service, Guid id) => new Uri(service.Images, $"images/{id}/file").AbsolutePath;

    /// <summary>An image of so many bytes, made of the pattern.</summary>
    public static async Task<Guid> UploadAsync(this IImageService service, byte[] pattern, long length, CancellationToken ct)
    {
        using var client = service.Client();
        var id = await client.CreateImageAsync(ct);
        await Streams.RunAsync(1, _ => Put(service, id, pattern, length));
        return id;
    }

    public static long Put(this IImageService service, Guid id, byte[] pattern, long length)
    {
        using var wire = new WireClient(service.Images);
        wire.Put(service.FilePath(id), service.Token, pattern, length);
        return length;
    }
}
