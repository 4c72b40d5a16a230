using Tintype.Bench.Measuring;
using Tintype.TestSupport.Peer;

namespace Tintype.Bench.Contestants;

/// <summary>
/// Debian's Glance with a worker a processor, MariaDB, and a file store. It asks Tintype's identity service about tokens, once a token
/// and worker: what that costs is on nobody's account, and less than what Keystone would cost.
/// </summary>
internal sealed class GlanceService : IImageService, IAsyncDisposable
{
    private readonly MariaDb _database;
    private readonly GlanceServer _server;
    private readonly TintypeService _identity;

    private GlanceService(MariaDb database, GlanceServer server, TintypeService identity)
    {
        _database = database;
        _server = server;
        _identity = identity;
    }

    public string Name => "Glance";

    public Uri Images => new(_server.Address, "v2/");

    public string Token => _identity.Token;

    public string Project => _identity.Project;

    public double Processor => ProcessorTime.Of([.. _server.Pids]);

    public double ProcessorWithDatabase => Processor + _database.Processor;

    public static async Task<GlanceService> StartAsync(TintypeService identity, CancellationToken ct)
    {
        var database = await MariaDb.StartAsync(ct);
        try
        {
            var server = await GlanceServer.StartAsync(new GlanceSettings { Workers = Environment.ProcessorCount, DatabaseUrl = database.Url }, identity.Server);
            return new GlanceService(database, server, identity);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs statements on Glance's database.</summary>
    public Task ExecuteAsync(string sql, CancellationToken ct) => _database.ExecuteAsync($"USE glance;\n{sql}", ct);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _database.DisposeAsync();
    }
}
