using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tintype.Images.Metadefs.Items;
using Tintype.Images.Metadefs.Namespaces;
using Tintype.Images.Metadefs.Schemas;
using Tintype.Platform.Database;
using Tintype.Protocol.Images;

namespace Tintype.Images.Metadefs.Shipped;

/// <summary>
/// The namespaces that come with the server: what the properties hw_*, os_* and img_* mean that Nova and this server read. They are loaded
/// at the start before anybody can ask, each once. What an operator deletes or changes stays so: a later version of a file adds the properties
/// that are new in it, and nothing that was there before.
/// </summary>
internal sealed class ShippedNamespaces(
    NamespaceRepository namespaces, NamespaceItems items, ShipmentRepository shipments, MetadataDatabase database, ILogger<ShippedNamespaces> log) : IHostedService
{
    /// <summary>No project's: they are everybody's to read and the administrators' to change.</summary>
    public const string Owner = "admin";

    public Task StartAsync(CancellationToken cancellationToken) => LoadAsync(Read(), cancellationToken);

    internal async Task LoadAsync(IReadOnlyList<Shipment> shipped, CancellationToken ct)
    {
        var taken = await database.ReadAsync(connection => shipments.VersionsAsync(Statements.Of(connection)), ct);
        var due = shipped.Where(shipment => taken.GetValueOrDefault(shipment.Draft.Name) < shipment.Version).ToList();
        if (due.Count == 0)
            return;
        await database.WriteAsync(async scope =>
        {
            var db = Statements.Of(scope);
            foreach (var shipment in due)
                await TakeAsync(db, shipment);
        }, ct);
        ShippedLog.Loaded(log, due.Count);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task TakeAsync(Statements db, Shipment shipment)
    {
        var (draft, before) = (shipment.Draft, await shipments.FindAsync(db, shipment.Draft.Name));
        var ns = before is null
            // Of an operator's own namespace of that name nothing is touched.
            ? await namespaces.InsertAsync(db, draft, Owner)
            : await namespaces.FindAsync(db, draft.Name);
        if (ns is not null)
        {
            foreach (var association in before is null ? draft.Contents.Associations ?? [] : [])
                await items.InsertAsync(db, ItemKinds.Associations, ns, association);
            foreach (var property in (draft.Contents.Properties ?? []).Where(p => before?.Contains(Mark(p)) != true))
                await items.TryInsertAsync(db, ItemKinds.Properties, ns, property);
        }

        await shipments.SetAsync(db, draft.Name, shipment.Version, [.. (draft.Contents.Properties ?? []).Select(Mark).Union(before ?? [])]);
    }

    private static string Mark(ItemDraft<PropertyDefinition> property) => $"{ItemKinds.Properties.Word}/{property.Name}";

    /// <summary>The files beside this one, by name.</summary>
    public static IReadOnlyList<Shipment> Read()
    {
        var assembly = typeof(ShippedNamespaces).Assembly;
        return [.. assembly.GetManifestResourceNames().Where(name => name.StartsWith($"{typeof(ShippedNamespaces).Namespace}.", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).Select(name => Read(assembly, name))];
    }

    private static Shipment Read(Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource)!;
        using var file = JsonDocument.Parse(stream);
        var body = file.RootElement.GetProperty("namespace");
        MetadefSchemas.Namespace.Validate(body);
        return new Shipment(file.RootElement.GetProperty("version").GetInt32(), NamespaceParser.Parse(body) with { IsPublic = true, Protected = true });
    }
}

/// <param name="Version">From 1; one more whenever a property is added to the file.</param>
internal sealed record Shipment(int Version, NamespaceDraft Draft);

internal static partial class ShippedLog
{
    [LoggerMessage(1, LogLevel.Information, "Loaded {Count} namespaces of metadata definitions that come with this version")]
    public static partial void Loaded(ILogger log, int count);
}
