using Tintype.TestSupport;
using Xunit;

namespace Tintype.GuestTests.Faults;

/// <summary>
/// The disk fills up at each step of a snapshot, and has room again some seconds later. All there is lies on it: the database, the store, the guest's own disk
/// and what is kept for the snapshot beside that.
/// </summary>
[Trait("run", "soak")]
public sealed class FullDiskTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Seed = 20261130;

    /// <summary>So long it stays full: the guest and the server meet it, whatever they do.</summary>
    private static readonly TimeSpan _full = TimeSpan.FromSeconds(4);

    private SmallFileSystem _disk = null!;
    private FaultLab _lab = null!;

    private string Ballast => Path.Combine(_disk.Path, "ballast");

    public async ValueTask InitializeAsync()
    {
        var (disk, obstacle) = await SmallFileSystem.TryMountAsync(400);
        Assert.SkipWhen(disk is null, obstacle);
        _disk = disk!;
        _lab = await FaultLab.StartAsync(Path.Combine(_disk.Path, "data"), "--Images:Chunks:Collection:GracePeriod=00:00:00", "--Images:Chunks:Collection:Interval=00:00:05");
    }

    public async ValueTask DisposeAsync()
    {
        if (_lab is not null)
            await _lab.DisposeAsync();
        if (_disk is not null)
            await _disk.DisposeAsync();
    }

    [Fact]
    public async Task A_disk_that_is_full_at_any_step_costs_at_most_the_snapshot()
    {
        var random = new Random(Seed);
        foreach (var step in Soak.IsFull ? Step.Asked : [.. Step.Asked.OrderBy(_ => random.Next()).Take(2)])
        {
            var reached = _lab.At(step, () =>
            {
                Fill();
                return Task.CompletedTask;
            });
            var attempt = _lab.Begin($"disk full {step}");
            await reached.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            // What is tested is that time goes by.
            await Task.Delay(_full, TestContext.Current.CancellationToken);
            File.Delete(Ballast);
            output.WriteLine($"{attempt.Name}: {await _lab.Invariant.AssertAsync(attempt.Name, attempt)}");
        }

        await _lab.Invariant.AssertTakesAsync("with room");
    }

    private void Fill()
    {
        using var ballast = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[1 << 20];
        for (var size = block.Length; size >= 512;)
        {
            try
            {
                ballast.Write(block, 0, size);
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }
}
