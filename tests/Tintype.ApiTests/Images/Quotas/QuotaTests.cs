using System.Text;
using Tintype.ApiTests.Images.Data;
using Tintype.TestSupport;
using Xunit;
using static Tintype.ApiTests.Images.ImagesApi;

namespace Tintype.ApiTests.Images.Quotas;

/// <summary>A server on which the first project may have little, and the second project nearly nothing.</summary>
public sealed class QuotaServer : IAsyncLifetime
{
    private readonly TemporaryDirectory _folder = new();

    public TintypeServer Server { get; private set; } = null!;

    public ApiClient One { get; private set; } = null!;

    public ApiClient Two { get; private set; } = null!;

    public string ProjectTwo { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        // Limits of single projects are by id: it takes a first start to have one.
        await using (var first = await TintypeServer.StartAsync(_folder.Combine("data")))
        {
            using var admin = await ApiClient.SignInAsync(first, "tintype-admin");
            ProjectTwo = (await admin.GetAsync($"/identity/v3/projects?name={ApiClient.Credentials(first, "tintype-two").Project}"))
                .Json.GetProperty("projects")[0].GetProperty("id").GetString()!;
        }

        Server = await TintypeServer.StartAsync(_folder.Combine("data"),
            "--Images:Quotas:Default:image_size_total=8", "--Images:Quotas:Default:image_stage_total=4",
            $"--Images:Quotas:Projects:{ProjectTwo}:image_count_total=2", $"--Images:Quotas:Projects:{ProjectTwo}:image_count_uploading=1",
            "--Images:TagQuota=2");
        await SignInAsync();
    }

    public async Task CrashAndStartAgainAsync()
    {
        await Server.KillAsync();
        await Server.StartAgainAsync();
        One.Dispose();
        Two.Dispose();
        await SignInAsync();
    }

    public async Task<string> UsageAsync(ApiClient client) => (await client.GetAsync("/image/v2/info/usage")).Text;

    /// <summary>As <c>/info/usage</c> shows it, of a project that may keep 8 MiB and stage 4.</summary>
    public static string Usage(int size, int images, int uploading, int staged = 0) => "{\"usage\":{" + $$"""
        "image_size_total":{"usage":{{size}},"limit":8},"image_stage_total":{"usage":{{staged}},"limit":4},"image_count_total":{"usage":{{images}},"limit":-1},"image_count_uploading":{"usage":{{uploading}},"limit":-1}
        """ + "}}";

    public async ValueTask DisposeAsync()
    {
        One.Dispose();
        Two.Dispose();
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    private async Task SignInAsync()
    {
        One = await ApiClient.SignInAsync(Server, "tintype");
        Two = await ApiClient.SignInAsync(Server, "tintype-two");
    }
}

public sealed class QuotaTests(QuotaServer server) : IClassFixture<QuotaServer>
{
    private const int Mebibyte = 1024 * 1024;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Uploads_that_race_stay_within_the_quota_and_a_crash_frees_what_was_promised()
    {
        var images = await ImagesAsync(6);
        Assert.Equal(QuotaServer.Usage(0, 6, 0), await server.UsageAsync(server.One));

        var answers = await Task.WhenAll(images.Select(image => image.UploadAsync(new byte[3 * Mebibyte], Ct)));
        var taken = answers.Count(a => a.Head.Status == 204);
        Assert.Equal((2, 4), (taken, answers.Count(a => a.Head.Status == 413)));
        Assert.All(answers.Where(a => a.Head.Status == 413), refused => Assert.Contains(
            "is over its limit image_size_total: it may have 8388608 bytes of image data, 6291456 are used or promised, and 3145728 more were attempted.",
            Encoding.UTF8.GetString(refused.Body), StringComparison.Ordinal));
        Assert.Equal(QuotaServer.Usage(6, 6, 0), await server.UsageAsync(server.One));
        await ForgetAsync(images);

        // The same without saying how much will come: whatever is let in, perhaps none of them, it is never more than there is.
        images = await ImagesAsync(4);
        var outcomes = await Task.WhenAll(images.Select(UploadInChunksAsync));
        Assert.InRange(outcomes.Count(status => status == 204), 0, 2);
        Assert.All(outcomes, status => Assert.True(status is 204 or 413, $"{status}"));
        Assert.Equal(QuotaServer.Usage(3 * outcomes.Count(status => status == 204), 4, 0), await server.UsageAsync(server.One));
        await ForgetAsync(images);

        images = await ImagesAsync(1);
        using (var broken = await images[0].BeginUploadAsync(8 * Mebibyte, Ct))
        {
            await broken.SendAsync(new byte[Mebibyte], Ct);
            await images[0].BecomesAsync("saving", Ct);
            Assert.Equal(QuotaServer.Usage(8, 1, 1), await server.UsageAsync(server.One));
            await server.CrashAndStartAgainAsync();
        }

        Assert.Equal(QuotaServer.Usage(0, 1, 0), await server.UsageAsync(server.One));
        Assert.Equal(204, (int)(await SendAsync(server.One, "DELETE", images[0].Path)).Status);
    }

    [Fact]
    public async Task What_is_staged_counts_until_it_is_imported_and_an_import_needs_room_in_the_stores()
    {
        var images = await ImagesAsync(4);
        Assert.Equal(413, await StageAsync(images[0], 5));
        Assert.Equal(204, await StageAsync(images[0], 4));
        Assert.Equal(413, await StageAsync(images[1], 1));
        Assert.Equal(QuotaServer.Usage(0, 4, 1, staged: 4), await server.UsageAsync(server.One));

        await ImportAsync(images[0], "active");
        Assert.Equal(QuotaServer.Usage(4, 4, 0), await server.UsageAsync(server.One));
        Assert.Equal(204, (await images[1].UploadAsync(new byte[2 * Mebibyte], Ct)).Head.Status);
        Assert.Equal(204, await StageAsync(images[2], 3));
        await ImportAsync(images[2], "queued");
        var reason = await FailureAsync(images[2]);
        Assert.Contains("is over its limit image_size_total: it may have 8388608 bytes of image data, 6291456 are used or promised, and 3145728 more were attempted.", reason, StringComparison.Ordinal);
        Assert.Equal(QuotaServer.Usage(6, 4, 0), await server.UsageAsync(server.One));
        Assert.Equal(204, (await images[3].UploadAsync(new byte[2 * Mebibyte], Ct)).Head.Status);
        Assert.Equal(QuotaServer.Usage(8, 4, 0), await server.UsageAsync(server.One));
        await ForgetAsync(images);
    }

    [Fact]
    public async Task Images_and_uploads_of_a_project_are_counted()
    {
        var first = await ImageCall.QueuedAsync(server.Server, server.Two);
        var second = await ImageCall.QueuedAsync(server.Server, server.Two);
        AssertFault(413, "Request Entity Too Large",
            $"Project {server.ProjectTwo} is over its limit image_count_total: it may have 2 images, has 2, and one more was attempted.", await SendAsync(server.Two, "POST", Root, "{}"));

        using (var busy = await first.BeginUploadAsync(10, Ct))
        {
            await busy.SendAsync(new byte[5], Ct);
            await first.BecomesAsync("saving", Ct);
            var (refused, _) = await second.UploadAsync([1], Ct);
            Assert.Equal(413, refused.Status);
            await busy.SendAsync(new byte[5], Ct);
            Assert.Equal(204, (await busy.ReadAnswerAsync(Ct)).Head.Status);
        }

        Assert.Equal(204, (await second.UploadAsync([1], Ct)).Head.Status);
        await SendAsync(server.Two, "DELETE", first.Path);
        Assert.Equal(201, (int)(await SendAsync(server.Two, "POST", Root, "{}")).Status);
        AssertFault(413, "Request Entity Too Large", "The limit has been exceeded on the number of allowed image tags. Attempted: 3, Maximum: 2",
            await PatchAsync(server.Two, $"{second.Id}", """[{"op": "replace", "path": "/tags", "value": ["a", "b", "c"]}]"""));
    }

    private async Task<ImageCall[]> ImagesAsync(int number)
    {
        var images = new ImageCall[number];
        for (var i = 0; i < number; i++)
            images[i] = await ImageCall.QueuedAsync(server.Server, server.One);
        return images;
    }

    private static async Task<int> StageAsync(ImageCall image, int mebibytes)
    {
        using var connection = await image.ConnectAsync(Ct);
        await connection.SendHeadAsync("PUT", $"{image.Path}/stage", Ct, image.Token, "Content-Type: application/octet-stream", $"Content-Length: {mebibytes * Mebibyte}");
        await connection.SendAsync(new byte[mebibytes * Mebibyte], Ct);
        return (await connection.ReadHeadAsync(Ct)).Status;
    }

    private async Task ImportAsync(ImageCall image, string becomes)
    {
        Assert.Equal(202, (int)(await SendAsync(server.One, "POST", $"{image.Path}/import", """{"method": {"name": "glance-direct"}}""")).Status);
        await image.BecomesAsync(becomes, Ct);
    }

    /// <summary>The task's end comes after the image's.</summary>
    private async Task<string?> FailureAsync(ImageCall image)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (true)
        {
            var task = (await SendAsync(server.One, "GET", $"{image.Path}/tasks")).Json.GetProperty("tasks")[0];
            if (task.GetProperty("status").GetString() == "failure")
                return task.GetProperty("message").GetString();
            await Task.Delay(10, limit.Token);
        }
    }

    private async Task ForgetAsync(ImageCall[] images)
    {
        foreach (var image in images)
            Assert.Equal(204, (int)(await SendAsync(server.One, "DELETE", image.Path)).Status);
        Assert.Equal(QuotaServer.Usage(0, 0, 0), await server.UsageAsync(server.One));
    }

    private static async Task<int> UploadInChunksAsync(ImageCall image)
    {
        using var connection = await image.BeginUploadAsync(-1, Ct);
        try
        {
            for (var sent = 0; sent < 3; sent++)
                await connection.SendChunkAsync(new byte[Mebibyte], Ct);
            await connection.EndChunksAsync(Ct);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Refused in the middle, the server need not read the rest; its answer is there all the same.
        }

        return (await connection.ReadHeadAsync(Ct)).Status;
    }
}
