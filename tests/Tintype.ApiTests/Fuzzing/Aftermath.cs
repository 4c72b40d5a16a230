using System.Globalization;
using Microsoft.Data.Sqlite;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Fuzzing;

/// <summary>What a server keeps, seen from outside once it has nothing left to do: rows that are whole, and no file without one.</summary>
internal sealed class Aftermath : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    // Each finds what must not be; the second column tells of it.
    private static readonly (string Rule, string Sql)[] _rules =
    [
        ("the file is sound", "SELECT 1, integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
        ("references are", "SELECT 1, \"table\" FROM pragma_foreign_key_check"),
        ("no image is on its way", "SELECT id, status FROM images WHERE status IN ('saving', 'importing')"),
        ("what waits to be imported is there", "SELECT id, status FROM images WHERE status = 'uploading' AND id NOT IN (SELECT image_id FROM staged_data)"),
        ("what is active has data", "SELECT i.id, i.status FROM images i WHERE i.status IN ('active', 'deactivated') AND (i.blob_id IS NULL OR i.size IS NULL OR i.blob_id NOT IN (SELECT id FROM blobs))"),
        ("what is not has none", "SELECT id, status FROM images WHERE status NOT IN ('active', 'deactivated') AND blob_id IS NOT NULL"),
        ("what never had any has no hash", "SELECT id, status FROM images WHERE status IN ('queued', 'uploading') AND (checksum IS NOT NULL OR hash_value IS NOT NULL)"),
        ("every blob is somewhere", "SELECT id, size FROM blobs WHERE id NOT IN (SELECT blob_id FROM blob_copies)"),
        ("every blob is somebody's", "SELECT id, size FROM blobs WHERE id NOT IN (SELECT blob_id FROM images WHERE blob_id IS NOT NULL) AND id NOT IN (SELECT blob_id FROM blob_references)"),
        ("properties are texts", "SELECT i.id, p.value FROM images i, json_each(i.properties) p WHERE p.type <> 'text'"),
        ("tags are texts", "SELECT i.id, t.value FROM images i, json_each(i.tags) t WHERE t.type <> 'text'"),
        ("words are known", "SELECT id, visibility FROM images WHERE visibility NOT IN ('public', 'community', 'shared', 'private') OR status NOT IN ('queued', 'uploading', 'active', 'deactivated', 'deleted')"),
        ("a deleted image says when", "SELECT id, status FROM images WHERE (status = 'deleted') <> (deleted_at IS NOT NULL)"),
        ("no task goes on", "SELECT id, kind || ' ' || state FROM tasks WHERE state IN ('pending', 'running')"),
        ("no quota stays reserved", "SELECT image_id, bytes FROM quota_reservations"),
        ("an upload is of an image that waits for it", "SELECT u.id, i.status FROM resumable_uploads u JOIN images i ON i.id = u.image_id WHERE u.completed_at IS NULL AND i.status <> 'queued'"),
        ("metadata definitions are JSON", "SELECT id, name FROM metadef_items WHERE NOT json_valid(content)"),
    ];

    private readonly TintypeServer _server;
    private readonly SqliteConnection _database;

    public Aftermath(TintypeServer server)
    {
        _server = server;
        _database = new SqliteConnection($"Data Source={Path.Combine(server.DataDirectory, "tintype.db")};Mode=ReadOnly;Pooling=False");
        _database.Open();
    }

    /// <summary>Waits until every rule holds: tasks end and collectors work beside the requests.</summary>
    /// <exception cref="Xunit.Sdk.XunitException">One does not.</exception>
    public async Task HoldsAsync(CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(_patience);
        while (Broken() is { Count: > 0 } broken)
        {
            if (patience.IsCancellationRequested)
                Assert.Fail(string.Join('\n', broken));
            await Task.Delay(200, CancellationToken.None);
        }

        var log = _server.Output.Split('\n').Where(line => line.Contains(" error ", StringComparison.Ordinal) || line.Contains(" fatal ", StringComparison.Ordinal)).Distinct().ToList();
        Assert.True(log.Count == 0, $"{log.Count} errors in the log, the first:\n{string.Join('\n', log.Take(5))}");
    }

    public void Dispose() => _database.Dispose();

    private List<string> Broken()
    {
        var broken = _rules.SelectMany(rule => Read(rule.Sql).Take(3).Select(row => $"Not so: {rule.Rule}: {row}")).ToList();
        foreach (var store in (string[])["first", "second"])
            broken.AddRange(Strays(Path.Combine("stores", store), $"SELECT blob_id, '' FROM blob_copies WHERE store = '{store}' AND url IS NULL"));
        broken.AddRange(Strays("staging", "SELECT blob_id, '' FROM staged_data"));
        broken.AddRange(Strays("uploads", "SELECT id, '' FROM resumable_uploads WHERE completed_at IS NULL"));
        broken.AddRange(Strays("cache", "SELECT file_id, '' FROM cached_images"));
        return broken;
    }

    private IEnumerable<string> Strays(string folder, string sql)
    {
        var named = Read(sql).Select(row => row.Split(' ')[0]).ToHashSet(StringComparer.Ordinal);
        var path = Path.Combine(_server.DataDirectory, folder);
        var files = Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories) : [];
        return files.Select(f => Path.GetFileName(f)!).Where(f => f != "store-format" && !named.Contains(f)).Take(3).Select(f => $"Nothing knows of {folder}/{f}.");
    }

    private List<string> Read(string sql)
    {
        using var command = _database.CreateCommand();
#pragma warning disable CA2100 // The statements are this file's own.
        command.CommandText = sql;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
            rows.Add(string.Create(CultureInfo.InvariantCulture, $"{reader.GetValue(0)} {reader.GetValue(1)}"));
        return rows;
    }
}
