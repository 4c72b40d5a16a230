using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tintype.Images.Metadefs;
using Tintype.Images.Metadefs.Items;
using Tintype.Images.Metadefs.Namespaces;
using Tintype.Images.Metadefs.ResourceTypes;
using Tintype.Images.Metadefs.Shipped;
using Tintype.Images.Policies;
using Tintype.Platform.Database;

namespace Tintype.Tests.Images.Metadefs;

/// <summary>Definitions on a database of their own.</summary>
internal sealed class MetadefWorld : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("metadefs").FullName;
    private readonly MetadataDatabase _database;
    private readonly NamespaceRepository _namespaces;
    private readonly ShipmentRepository _shipments;

    public MetadefWorld()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 0, 0, 0, TimeSpan.Zero)) { AutoAdvanceAmount = TimeSpan.FromMilliseconds(1) };
        _database = new MetadataDatabase(Path.Combine(_folder, "tintype.db"));
        Migrations.Apply(_database, [new MigrationSource(typeof(MetadefRules).Assembly)]);
        _namespaces = new NamespaceRepository(time);
        _shipments = new ShipmentRepository(time);
        var (rules, repository, resourceTypes) = (new MetadefRules(ImagePolicies.Defaults), new ItemRepository(time), new ResourceTypeRepository(time));
        Items = new NamespaceItems(_namespaces, repository, resourceTypes, rules, _database);
        Namespaces = new MetadefNamespaces(_namespaces, repository, Items, rules, _database);
    }

    public NamespaceItems Items { get; }

    public MetadefNamespaces Namespaces { get; }

    /// <summary>A start of the server, which ships these; left out, what it really ships.</summary>
    public Task StartAsync(params Shipment[] shipped) => new ShippedNamespaces(_namespaces, Items, _shipments, _database, NullLogger<ShippedNamespaces>.Instance)
        .LoadAsync(shipped.Length == 0 ? ShippedNamespaces.Read() : shipped, CancellationToken.None);

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
