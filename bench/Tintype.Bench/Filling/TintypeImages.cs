using Dapper;
using Microsoft.Data.Sqlite;

namespace Tintype.Bench.Filling;

/// <summary>
/// Active images in Tintype's database, by SQL while no server runs: of a hundred projects, a twentieth of them public, a twentieth the
/// community's, a tenth shared and accepted by one project each, the others private; each with eight properties and two tags.
/// <see cref="GlanceImages"/> makes the same.
/// </summary>
internal static class TintypeImages
{
    /// <param name="project">The first of the hundred projects; the others are made up.</param>
    /// <param name="now">When the newest image is made; each one before it is a second older.</param>
    public static async Task FillAsync(string database, int count, string project, DateTimeOffset now)
    {
        await using var connection = new SqliteConnection($"Data Source={database};Pooling=False");
        await connection.OpenAsync();
        // No crash has to be survived here.
        await connection.ExecuteAsync("PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA foreign_keys = OFF;");
        // One sort for each index is many times faster than a search for each row.
        var indexes = (await connection.QueryAsync<(string Name, string Sql)>(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ('images', 'image_members', 'blobs', 'blob_copies') AND sql IS NOT NULL")).ToList();
        await using var transaction = await connection.BeginTransactionAsync();
        foreach (var (name, _) in indexes)
            await connection.ExecuteAsync($"DROP INDEX {name}", transaction: transaction);
        await connection.ExecuteAsync(Sql, new { count, project, now = now.ToUnixTimeMilliseconds() * 1000 }, transaction, commandTimeout: 0);
        foreach (var (_, sql) in indexes)
            await connection.ExecuteAsync(sql, transaction: transaction, commandTimeout: 0);
        await transaction.CommitAsync();
    }

    // The multiplier is odd: a number's hash is its own, and so is the id that is made of it.
    private const string Sql = """
        CREATE TEMP TABLE numbers AS
        WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < @count)
        SELECT n, (n * 2654435761) & 4294967295 AS h, @now - (@count - n) * 1000000 AS created_at FROM counted;

        INSERT INTO blobs (id, size, format, virtual_size, created_at)
        SELECT printf('%08x-0000-4000-9000-%012x', h, n), 1073741824, 'raw', 1073741824, created_at FROM numbers;

        INSERT INTO blob_copies (blob_id, position, store, url, metadata, created_at)
        SELECT printf('%08x-0000-4000-9000-%012x', h, n), 0, 'local', NULL, '{}', created_at FROM numbers;

        INSERT INTO images (id, name, owner, status, visibility, protected, hidden, disk_format, container_format, min_disk, min_ram,
                            size, virtual_size, blob_id, checksum, hash_algorithm, hash_value, properties, tags, created_at, updated_at)
        SELECT printf('%08x-0000-4000-8000-%012x', h, n), 'image-' || n,
               CASE n % 100 WHEN 0 THEN @project ELSE printf('%032x', n % 100) END, 'active',
               CASE (h >> 16) % 20 WHEN 0 THEN 'public' WHEN 1 THEN 'community' WHEN 2 THEN 'shared' WHEN 3 THEN 'shared' ELSE 'private' END,
               0, 0, 'raw', 'bare', 10, 512, 1073741824, 1073741824, printf('%08x-0000-4000-9000-%012x', h, n), printf('%032x', h), 'sha512', printf('%0128x', h),
               json_object('os_distro', 'debian', 'os_version', '12', 'hw_disk_bus', 'virtio', 'hw_vif_model', 'virtio',
                           'hw_qemu_guest_agent', 'yes', 'hw_machine_type', 'q35', 'architecture', 'x86_64', 'build', 'build-' || n),
               json_array('bench', 'tag-' || (n % 10)), created_at, created_at
        FROM numbers;

        INSERT INTO image_members (image_id, member, status, image_created_at, created_at, updated_at)
        SELECT printf('%08x-0000-4000-8000-%012x', h, n), CASE (h >> 8) % 100 WHEN 0 THEN @project ELSE printf('%032x', (h >> 8) % 100) END,
               'accepted', created_at, created_at, created_at
        FROM numbers WHERE (h >> 16) % 20 IN (2, 3);

        DROP TABLE numbers;
        """;
}
