using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tintype.Images;
using Tintype.Images.Records;
using Tintype.Images.Stores;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Storage;

namespace Tintype.Tests.Images.Data;

/// <summary>The room of images as the server composes it, on a directory of its own, without the server around it.</summary>
internal sealed class ImagesRoom : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tt-images-").FullName;
    private readonly ServiceProvider _services;

    /// <param name="change">Replaces what a test wants to watch or break.</param>
    public ImagesRoom(Action<IServiceCollection>? change = null)
    {
        var configuration = new ConfigurationBuilder().Build();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddPlatform(_folder);
        services.AddImages(configuration);
        change?.Invoke(services);
        _services = services.BuildServiceProvider();
        Migrations.Apply(Database, _services.GetServices<MigrationSource>());
    }

    public static string Project { get; } = new('a', 32);

    public MetadataDatabase Database => Get<MetadataDatabase>();

    public IBlobStore Store => Get<ImageStores>().Default.Blobs;

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public IEnumerable<T> GetAll<T>() => _services.GetServices<T>();

    public async Task<Guid> QueuedAsync(CancellationToken ct)
    {
        var image = new NewSystemImage(Guid.NewGuid(), "disk", Project, ImageVisibility.Private, 0, 0, new Dictionary<string, string>());
        return (await Get<ISystemImages>().CreateAsync(image, ct)).Id;
    }

    public async Task<ImageRecord> IngestAsync(Guid id, byte[] data, CancellationToken ct) =>
        await Get<ISystemImages>().IngestAsync(id, "raw", "bare", new MemoryStream(data), new Dictionary<string, string?>(), ct);

    public async Task<ImageRecord?> FindAsync(Guid id, CancellationToken ct) => await Get<IImageCatalog>().FindAsync(id, ct);

    public async Task<List<StoredBlob>> StoredAsync(CancellationToken ct) => await Store.ListAsync(ct).ToListAsync(ct);

    public Task<long> CountAsync(string table, CancellationToken ct) => Database.ReadAsync(db =>
    {
        using var command = db.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM {table}";
        return Task.FromResult((long)command.ExecuteScalar()!);
    }, ct);

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
