using System.Reflection;
using DbUp;
using DbUp.Engine;
using DbUp.Sqlite.Helpers;

namespace Tintype.Platform.Database;

/// <summary>
/// An assembly whose embedded <c>…/Migrations/NNNN_name.sql</c> belong to the schema. A room touches only its own tables,
/// so the order between rooms does not matter; within one, file names decide. A script that has landed is never edited.
/// </summary>
public sealed record MigrationSource(Assembly Assembly);

/// <summary>Brings the schema up to date at start-up, each script in a transaction of its own.</summary>
public static class Migrations
{
    /// <exception cref="InvalidOperationException">A script failed; the message names it.</exception>
    public static void Apply(MetadataDatabase database, IEnumerable<MigrationSource> sources)
    {
        using var connection = database.Open();
        using var shared = new SharedConnection(connection);
        var result = DeployChanges.To.SqliteDatabase(shared)
            .WithScripts(sources.SelectMany(Scripts).OrderBy(s => s.Name, StringComparer.Ordinal))
            .WithVariablesDisabled()
            .WithTransactionPerScript()
            .LogToNowhere()
            .Build()
            .PerformUpgrade();
        if (!result.Successful)
            throw new InvalidOperationException($"The database {database.Path} could not be brought up to date; {result.ErrorScript?.Name} failed.", result.Error);
    }

    private static IEnumerable<SqlScript> Scripts(MigrationSource source)
    {
        foreach (var resource in source.Assembly.GetManifestResourceNames())
        {
            var at = resource.LastIndexOf(".Migrations.", StringComparison.Ordinal);
            if (at < 0 || !resource.EndsWith(".sql", StringComparison.Ordinal))
                continue;
            using var reader = new StreamReader(source.Assembly.GetManifestResourceStream(resource)!);
            yield return new SqlScript($"{source.Assembly.GetName().Name}/{resource[(at + ".Migrations.".Length)..]}", reader.ReadToEnd());
        }
    }
}
