using Tintype.Platform.Tasks;
using Xunit;

namespace Tintype.Tests.Platform.Tasks;

public sealed class TaskMeterTests
{
    private const long MiB = 1024 * 1024;

    private readonly WrongClock _time = new();
    private readonly TaskMeter _meter;

    public TaskMeterTests() => _meter = new TaskMeter(_time);

    [Fact]
    public void Of_a_task_that_says_nothing_nothing_is_said() => Assert.Equal(TaskProgress.None, _meter.Read());

    [Fact]
    public void The_rate_is_that_of_the_last_ten_seconds()
    {
        Run(seconds: 60, perSecond: 100 * MiB, total: 10_000 * MiB);
        Assert.Equal(100 * MiB, _meter.Read().BytesPerSecond);

        // The disk has become slow: the half of the window, then all of it.
        Run(seconds: 5, perSecond: 10 * MiB, total: 10_000 * MiB);
        Assert.Equal(55 * MiB, _meter.Read().BytesPerSecond);
        Run(seconds: 5, perSecond: 10 * MiB, total: 10_000 * MiB);
        Assert.Equal(10 * MiB, _meter.Read().BytesPerSecond);
    }

    [Fact]
    public void What_hangs_has_no_rate_and_no_estimate()
    {
        Run(seconds: 10, perSecond: 100 * MiB, total: 2000 * MiB);
        Assert.Equal(10, Record().SecondsLeft);

        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(0, _meter.Read().BytesPerSecond);
        Assert.Null(Record().SecondsLeft);
    }

    [Fact]
    public void At_the_first_bytes_it_is_too_early_to_say()
    {
        _meter.Report(0, MiB);
        _meter.Report(4096, MiB);
        Assert.Equal(new TaskProgress(null, 0, 4096, MiB, null), _meter.Read());
    }

    [Fact]
    public void Without_a_total_there_is_a_rate_and_no_estimate()
    {
        _meter.Step("downloading");
        Run(seconds: 5, perSecond: MiB, total: null);

        Assert.Equal(new TaskProgress("downloading", 0, 5 * MiB, null, MiB), _meter.Read());
        Assert.Null(Record().SecondsLeft);
    }

    [Fact]
    public void Steps_share_the_percent_and_count_their_bytes_from_zero()
    {
        _meter.Step("downloading", 0.8);
        _meter.Report(5, 10);
        Assert.Equal(("downloading", 40), (_meter.Read().Step, _meter.Read().Percent));
        _meter.Report(10, 10);

        _meter.Step("checking", 0);
        Assert.Equal(new TaskProgress("checking", 80, null, null, null), _meter.Read());
        _meter.Report(7, 10);
        Assert.Equal(80, _meter.Read().Percent);

        _meter.Step("copying");
        _meter.Report(5, 10);
        Assert.Equal(90, _meter.Read().Percent);
        _meter.Report(20, 10);
        Assert.Equal(100, _meter.Read().Percent);
    }

    [Fact]
    public void A_step_of_no_bytes_is_done_at_once()
    {
        _meter.Step("copying");
        _meter.Report(0, 0);
        Assert.Equal(100, _meter.Read().Percent);
    }

    [Fact]
    public void A_step_that_begins_again_does_not_go_backwards()
    {
        Run(seconds: 5, perSecond: MiB, total: 10 * MiB);
        _meter.Report(0, 10 * MiB);
        Assert.Equal(new TaskProgress(null, 50, 0, 10 * MiB, null), _meter.Read());
    }

    [Theory]
    [InlineData(-100_000)]
    [InlineData(100_000)]
    public void A_clock_that_is_set_changes_no_rate(int seconds)
    {
        Run(seconds: 5, perSecond: 100 * MiB, total: 2000 * MiB);
        _time.Jump(TimeSpan.FromSeconds(seconds));
        Run(seconds: 5, perSecond: 100 * MiB, total: 2000 * MiB);

        Assert.Equal(100 * MiB, _meter.Read().BytesPerSecond);
    }

    private TaskRecord Record() =>
        new TaskRecord(Guid.Empty, "work", TaskState.Running, Guid.Empty, "", "", "", "", 0, null, default, null, null).With(_meter.Read());

    private void Run(int seconds, long perSecond, long? total)
    {
        var done = _meter.Read().BytesDone ?? 0;
        if (done == 0)
            _meter.Report(0, total);
        for (var tenth = 1; tenth <= seconds * 10; tenth++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            _meter.Report(done + (perSecond * tenth / 10), total);
        }
    }
}
