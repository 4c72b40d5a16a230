using System.Security.Cryptography;
using Tintype.Bench.Clients;
using Tintype.Bench.Contestants;

namespace Tintype.Bench;

/// <summary>What the groups of lines share: how long to measure, the bytes to move, and the services that more than one of them needs.</summary>
internal sealed class BenchContext(BenchOptions options, CancellationToken ct) : IAsyncDisposable
{
    private const int PatternSize = 64 * 1024 * 1024;

    private TintypeService? _tintype;
    private GlanceService? _glance;

    public BenchOptions Options => options;

    public CancellationToken Ct => ct;

    /// <summary>Random, so that no store leaves anything of it out; repeated, so that it comes from memory.</summary>
    public byte[] Pattern { get; } = RandomNumberGenerator.GetBytes(PatternSize);

    /// <summary>Tintype as it is by default.</summary>
    public async Task<TintypeService> TintypeAsync() => _tintype ??= await TintypeService.StartAsync();

    /// <summary>Glance, whose tokens are those of <see cref="TintypeAsync"/>.</summary>
    public async Task<GlanceService> GlanceAsync() => _glance ??= await GlanceService.StartAsync(await TintypeAsync(), ct);

    /// <param name="full">At full length.</param>
    public TimeSpan Time(int full) => TimeSpan.FromSeconds(Math.Max(2, full / options.Scale));

    public static void Tell(string progress) => Console.Error.WriteLine($"tintype: {progress}");

    /// <summary>What was written lies in memory until the kernel brings it to the disk: not while the next one is measured.</summary>
    public static void Settle() => Kernel.Sync();

    public async ValueTask DisposeAsync()
    {
        if (_glance is not null)
            await _glance.DisposeAsync();
        if (_tintype is not null)
            await _tintype.DisposeAsync();
    }
}
