using System.Globalization;
using Tintype.Bench.Contestants;

namespace Tintype.Bench.Filling;

/// <summary>The images of <see cref="TintypeImages"/> in Glance's database.</summary>
internal static class GlanceImages
{
    public static Task FillAsync(GlanceService glance, int count, string project, DateTimeOffset now, CancellationToken ct) =>
        glance.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"""
            CREATE TEMPORARY TABLE numbers AS
            SELECT seq AS n, (seq * 2654435761) & 4294967295 AS h, TIMESTAMP('{now.UtcDateTime:yyyy-MM-dd HH:mm:ss}') - INTERVAL ({count} - seq) SECOND AS created_at,
                   CONCAT(LPAD(LOWER(HEX((seq * 2654435761) & 4294967295)), 8, '0'), '-0000-4000-8000-', LPAD(LOWER(HEX(seq)), 12, '0')) AS id
            FROM seq_1_to_{count};

            INSERT INTO images (id, name, owner, status, visibility, protected, os_hidden, disk_format, container_format, min_disk, min_ram,
                                size, virtual_size, checksum, os_hash_algo, os_hash_value, created_at, updated_at, deleted)
            SELECT id, CONCAT('image-', n), IF(n % 100 = 0, '{project}', LPAD(LOWER(HEX(n % 100)), 32, '0')), 'active',
                   CASE (h >> 16) % 20 WHEN 0 THEN 'public' WHEN 1 THEN 'community' WHEN 2 THEN 'shared' WHEN 3 THEN 'shared' ELSE 'private' END,
                   0, 0, 'raw', 'bare', 10, 512, 1073741824, 1073741824, LPAD(LOWER(HEX(h)), 32, '0'), 'sha512', LPAD(LOWER(HEX(h)), 128, '0'), created_at, created_at, 0
            FROM numbers;

            {Property("os_distro", "'debian'")}
            {Property("os_version", "'12'")}
            {Property("hw_disk_bus", "'virtio'")}
            {Property("hw_vif_model", "'virtio'")}
            {Property("hw_qemu_guest_agent", "'yes'")}
            {Property("hw_machine_type", "'q35'")}
            {Property("architecture", "'x86_64'")}
            {Property("build", "CONCAT('build-', n)")}

            INSERT INTO image_tags (image_id, value, created_at, updated_at, deleted) SELECT id, 'bench', created_at, created_at, 0 FROM numbers;
            INSERT INTO image_tags (image_id, value, created_at, updated_at, deleted) SELECT id, CONCAT('tag-', n % 10), created_at, created_at, 0 FROM numbers;

            INSERT INTO image_locations (image_id, value, meta_data, status, created_at, updated_at, deleted)
            SELECT id, CONCAT('file:///nowhere/', id), '{"{"}"store": "first"{"}"}', 'active', created_at, created_at, 0 FROM numbers;

            INSERT INTO image_members (image_id, member, can_share, status, created_at, updated_at, deleted)
            SELECT id, IF((h >> 8) % 100 = 0, '{project}', LPAD(LOWER(HEX((h >> 8) % 100)), 32, '0')), 0, 'accepted', created_at, created_at, 0
            FROM numbers WHERE (h >> 16) % 20 IN (2, 3);

            ANALYZE TABLE images, image_properties, image_tags, image_locations, image_members;
            """), ct);

    private static string Property(string name, string value) =>
        $"INSERT INTO image_properties (image_id, name, value, created_at, updated_at, deleted) SELECT id, '{name}', {value}, created_at, created_at, 0 FROM numbers;";
}
