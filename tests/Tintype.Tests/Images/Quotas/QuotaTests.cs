using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Images.Quotas;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Tests.Images.Data;
using Tintype.Tests.Images.Records;
using Xunit;

namespace Tintype.Tests.Images.Quotas;

public sealed class QuotaTests
{
    private const long Mebibyte = 1024 * 1024;

    private static readonly string _other = new('b', 32);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void A_project_has_its_own_limits_over_the_default()
    {
        var options = Configure(("Default:image_count_total", "10"), ("Default:image_size_total", "0"), ($"Projects:{_other}:image_count_total", "-1"), ($"projects:{_other}:image_stage_total", "5"));

        Assert.True(options.AreOn);
        Assert.Equal(new QuotaLimits { CountTotal = 10, SizeTotal = 0 }, options.Of(ImagesRoom.Project));
        Assert.Equal(new QuotaLimits { CountTotal = -1, SizeTotal = 0, StageTotal = 5 }, options.Of(_other));
        Assert.False(Configure().AreOn);
    }

    [Theory]
    [InlineData("Default:image_count", "1", "Images:Quotas:Default:image_count is unknown; there are image_count_total, image_count_uploading, image_size_total and image_stage_total.")]
    [InlineData("image_count_total", "1", "Images:Quotas:image_count_total is unknown; there are Images:Quotas:Default and Images:Quotas:Projects.")]
    [InlineData("Default:image_count_total", "many", "Images:Quotas:Default:image_count_total is 'many'; a limit is -1 for none, or a whole number from 0 to 8796093022207.")]
    [InlineData("Default:image_size_total", "-2", "Images:Quotas:Default:image_size_total is '-2'; a limit is -1 for none, or a whole number from 0 to 8796093022207.")]
    [InlineData("Default:image_size_total", "8796093022208", "Images:Quotas:Default:image_size_total is '8796093022208'; a limit is -1 for none, or a whole number from 0 to 8796093022207.")]
    [InlineData("Projects:demo:image_size_total", "1", "Images:Quotas:Projects:demo is for no project: 'demo' is not an id of 32 hexadecimal digits, as 'openstack project show' tells it.")]
    public void Limits_that_would_not_be_held_are_refused(string name, string value, string message) =>
        Assert.Equal(message, Assert.Throws<InvalidOperationException>(() => Configure((name, value))).Message);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1000, 1000)]
    [InlineData(10 * Mebibyte, Mebibyte)]
    [InlineData(160 * Mebibyte, 10 * Mebibyte)]
    [InlineData(1L << 40, 64 * Mebibyte)]
    public void More_is_reserved_the_more_is_left(long left, long step) => Assert.Equal(step, ImageQuotas.Step(left));

    [Fact]
    public async Task Room_is_made_before_a_byte_is_given_on()
    {
        var asked = new List<long>();
        await using var stream = new MeteredStream(new MemoryStream(new byte[100]), 40, (total, _) =>
        {
            asked.Add(total);
            return total > 90 ? throw Fault.ImageBytesExceeded(QuotaKind.Store, "p", 90, 0, total) : Task.FromResult(total);
        });
        var buffer = new byte[30];

        Assert.Equal(30, await stream.ReadAsync(buffer, Ct));
        Assert.Equal(30, await stream.ReadAsync(buffer, Ct));
        Assert.Equal(30, await stream.ReadAsync(buffer, Ct));
        await Assert.ThrowsAsync<Fault>(async () => Assert.Equal(10, await stream.ReadAsync(buffer, Ct)));
        Assert.Equal([60L, 90L, 100L], asked);
    }

    [Fact]
    public async Task What_is_announced_counts_before_it_has_come_and_no_longer_when_it_does_not_come()
    {
        await using var room = Room(("Default:image_size_total", "10"));
        var (first, second) = (await room.QueuedAsync(Ct), await room.QueuedAsync(Ct));
        await BeginAsync(room, first, 6 * Mebibyte);

        var refused = await Assert.ThrowsAsync<Fault>(() => BeginAsync(room, second, (4 * Mebibyte) + 1));
        Assert.Equal((FaultKind.PayloadTooLarge, $"Project {ImagesRoom.Project} is over its limit image_size_total: it may have 10485760 bytes of image data, 6291456 are used or promised, and 4194305 more were attempted."),
            (refused.Kind, refused.Message));
        // All or nothing: the image can be tried again.
        Assert.Equal(ImageStatus.Queued, (await room.FindAsync(second, Ct))!.Status);
        Assert.Equal((6, 10), (await UsageAsync(room))["image_size_total"]);

        await room.Get<ImageLifecycle>().ReturnToQueuedAsync(first, Ct);
        Assert.Equal((0, 10), (await UsageAsync(room))["image_size_total"]);
        await BeginAsync(room, second, 10 * Mebibyte);
    }

    [Fact]
    public async Task Data_of_unknown_length_is_kept_within_the_quota_and_counts_as_it_is()
    {
        await using var room = Room(("Default:image_size_total", "3"));
        await room.IngestAsync(await room.QueuedAsync(Ct), new byte[2 * Mebibyte], Ct);
        Assert.Equal((2, 3), (await UsageAsync(room))["image_size_total"]);

        var second = await room.QueuedAsync(Ct);
        var refused = await Assert.ThrowsAsync<Fault>(() => room.IngestAsync(second, new byte[Mebibyte + 1], Ct));
        Assert.Equal(FaultKind.PayloadTooLarge, refused.Kind);
        Assert.Equal((ImageStatus.Queued, (2L, 3L)), ((await room.FindAsync(second, Ct))!.Status, (await UsageAsync(room))["image_size_total"]));

        await room.IngestAsync(second, new byte[Mebibyte], Ct);
        Assert.Equal((3, 3), (await UsageAsync(room))["image_size_total"]);
        await room.Get<ISystemImages>().DiscardAsync(second, Ct);
        Assert.Equal((2, 3), (await UsageAsync(room))["image_size_total"]);
    }

    [Fact]
    public async Task Uploads_that_race_never_get_more_than_there_is()
    {
        await using var room = Room(("Default:image_size_total", "10"));
        var images = new List<Guid>();
        for (var i = 0; i < 8; i++)
            images.Add(await room.QueuedAsync(Ct));

        var outcomes = await Task.WhenAll(images.Select(async id =>
        {
            try
            {
                await room.IngestAsync(id, new byte[3 * Mebibyte], Ct);
                return true;
            }
            catch (Fault fault) when (fault.Kind == FaultKind.PayloadTooLarge)
            {
                return false;
            }
        }));

        var kept = outcomes.Count(taken => taken);
        // None, where all have taken a part and nobody can end; then one that comes alone has all of it.
        Assert.InRange(kept, 0, 3);
        Assert.Equal((3 * kept, 10), (await UsageAsync(room))["image_size_total"]);
        if (kept < 3)
            await room.IngestAsync(images[Array.IndexOf(outcomes, false)], new byte[3 * Mebibyte], Ct);
    }

    [Fact]
    public async Task A_copy_into_another_store_counts_as_an_upload_until_it_ends()
    {
        await using var room = Room(("Default:image_count_uploading", "1"));
        var (copied, other) = (await room.QueuedAsync(Ct), await room.QueuedAsync(Ct));
        await room.IngestAsync(copied, [1], Ct);
        await MarkAsync(room, copied, "second");

        Assert.Equal((1, 1), (await UsageAsync(room))["image_count_uploading"]);
        Assert.Equal(FaultKind.PayloadTooLarge, (await Assert.ThrowsAsync<Fault>(() => BeginAsync(room, other, 1))).Kind);
        await MarkAsync(room, copied, "");
        Assert.Equal((0, 1), (await UsageAsync(room))["image_count_uploading"]);
        await BeginAsync(room, other, 1);
    }

    [Fact]
    public async Task Images_and_uploads_are_counted()
    {
        await using var room = Room(("Default:image_count_total", "3"), ("Default:image_count_uploading", "1"));
        var images = new[] { await room.QueuedAsync(Ct), await room.QueuedAsync(Ct), await room.QueuedAsync(Ct) };

        var fourth = await Assert.ThrowsAsync<Fault>(() => room.QueuedAsync(Ct));
        Assert.Equal($"Project {ImagesRoom.Project} is over its limit image_count_total: it may have 3 images, has 3, and one more was attempted.", fourth.Message);
        await BeginAsync(room, images[0], null);
        var second = await Assert.ThrowsAsync<Fault>(() => BeginAsync(room, images[1], null));
        Assert.Equal($"Project {ImagesRoom.Project} is over its limit image_count_uploading: data of 1 images may come at once, that of 1 is coming, and one more was attempted.", second.Message);
        Assert.Equal(((3L, 3L), (1L, 1L), (0L, -1L)), ((await UsageAsync(room))["image_count_total"], (await UsageAsync(room))["image_count_uploading"], (await UsageAsync(room))["image_stage_total"]));

        await room.Get<ImageLifecycle>().ReturnToQueuedAsync(images[0], Ct);
        await BeginAsync(room, images[1], null);
        await room.Get<ISystemImages>().DiscardAsync(images[2], Ct);
        await room.QueuedAsync(Ct);
    }

    [Fact]
    public async Task What_a_crash_left_reserved_is_free_at_the_next_start()
    {
        await using var room = Room(("Default:image_size_total", "10"));
        await BeginAsync(room, await room.QueuedAsync(Ct), 10 * Mebibyte);
        Assert.Equal((10, 10), (await UsageAsync(room))["image_size_total"]);

        await new QuotaRecovery(room.Get<QuotaRepository>()).StartAsync(Ct);

        Assert.Equal((0, 10), (await UsageAsync(room))["image_size_total"]);
    }

    [Fact]
    public async Task Without_quotas_nothing_is_counted_or_reserved()
    {
        await using var room = new ImagesRoom();
        await BeginAsync(room, await room.QueuedAsync(Ct), long.MaxValue);
        Assert.Empty(await UsageAsync(room));
        await using var data = new MemoryStream();
        Assert.Same(data, room.Get<ImageQuotas>().Meter(QuotaKind.Store, TestImages.New(), data, 0));
    }

    [Fact]
    public void A_quota_of_an_image_can_be_none()
    {
        var image = TestImages.New() with { Tags = [.. Enumerable.Range(0, 200).Select(i => $"{i}")] };
        Assert.Throws<Fault>(() => new LocalQuotas().Check(null, image));
        new LocalQuotas { TagQuota = -1 }.Check(null, image);
        Assert.True(LocalQuotas.IsOver(1, 0));
        Assert.False(LocalQuotas.IsOver(int.MaxValue, -1));
    }

    private static Task<ImageRecord> BeginAsync(ImagesRoom room, Guid image, long? promised) => room.Get<ImageLifecycle>().BeginSavingAsync(image, "raw", "bare", promised, Ct);

    private static Task<IReadOnlyDictionary<string, (long Usage, long Limit)>> UsageAsync(ImagesRoom room) => room.Get<ImageQuotas>().UsageAsync(ImagesRoom.Project, Ct);

    private static ImagesRoom Room(params (string Name, string Value)[] settings) =>
        new(services => services.AddSingleton<IConfiguration>(Configuration(settings)));

    private static QuotaOptions Configure(params (string Name, string Value)[] settings)
    {
        var options = new QuotaOptions();
        new QuotaConfiguration(Configuration(settings)).Configure(options);
        return options;
    }

    private static IConfiguration Configuration((string Name, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"Images:Quotas:{s.Name}", (string?)s.Value))).Build();

    private static Task MarkAsync(ImagesRoom room, Guid id, string stores) => room.Database.WriteAsync(async scope =>
    {
        var images = room.Get<ImageRepository>();
        var image = (await images.FindAsync(scope, id))!;
        await images.SaveAsync(scope, image with { Properties = image.Properties.With(new Dictionary<string, string?> { ["os_glance_importing_to_stores"] = stores }) });
    }, Ct);
}
