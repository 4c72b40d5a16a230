using System.Globalization;
using System.Text;

namespace Tintype.TestSupport.Peer;

/// <summary>Writes glance-api.conf.</summary>
internal static class GlanceConfiguration
{
    /// <param name="identity">Who checks tokens for it: Tintype's own identity service, to which both then listen.</param>
    public static string Write(GlanceSettings settings, string folder, int port, TintypeServer identity)
    {
        var (user, password, project) = ApiClient.Credentials(identity, "tintype-admin");
        var keystone = new Uri(identity.Address, "identity/v3").ToString();
        var sections = new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal)
        {
            ["DEFAULT"] = new()
            {
                ["bind_host"] = "127.0.0.1",
                ["bind_port"] = Text(port),
                ["workers"] = Text(settings.Workers),
                ["log_file"] = Path.Combine(folder, "glance.log"),
                ["enabled_backends"] = string.Join(',', [.. settings.Stores.Select(name => $"{name}:file"), .. settings.HttpStore ? ["web:http"] : Array.Empty<string>()]),
                // oslo.config's lists of this kind stand in brackets.
                ["enabled_import_methods"] = "[glance-direct,web-download,copy-image]",
                ["show_multiple_locations"] = Text(settings.ShowMultipleLocations),
                ["enforce_secure_rbac"] = Text(settings.NewDefaults),
            },
            ["glance_store"] = new() { ["default_backend"] = settings.Stores[0] },
            ["os_glance_staging_store"] = new() { ["filesystem_store_datadir"] = Folder(folder, "staging") },
            ["os_glance_tasks_store"] = new() { ["filesystem_store_datadir"] = Folder(folder, "tasks") },
            ["database"] = new() { ["connection"] = settings.DatabaseUrl ?? $"sqlite:///{Path.Combine(folder, "glance.sqlite")}" },
            ["keystone_authtoken"] = new()
            {
                ["www_authenticate_uri"] = keystone,
                ["auth_url"] = keystone,
                ["auth_type"] = "password",
                ["username"] = user,
                ["password"] = password,
                ["project_name"] = project,
                ["user_domain_name"] = "Default",
                ["project_domain_name"] = "Default",
                ["token_cache_time"] = Text(settings.TokenCacheSeconds),
            },
            ["oslo_concurrency"] = new() { ["lock_path"] = Folder(folder, "lock") },
            ["oslo_policy"] = new()
            {
                ["enforce_new_defaults"] = Text(settings.NewDefaults),
                ["enforce_scope"] = Text(settings.NewDefaults),
                // Debian's own directory of policies is left aside: what counts is what Glance has by default.
                ["policy_dirs"] = Folder(folder, "policy.d"),
            },
            ["paste_deploy"] = new()
            {
                ["config_file"] = "/usr/share/glance-common/glance-api-paste.ini",
                ["flavor"] = settings.Cache ? "keystone+cachemanagement" : "keystone",
            },
        };
        foreach (var store in settings.Stores)
            sections[store] = new() { ["filesystem_store_datadir"] = Folder(folder, $"store-{store}") };
        if (settings.HttpStore)
            sections["web"] = [];
        if (settings.Cache)
        {
            sections["DEFAULT"]["image_cache_dir"] = Folder(folder, "cache");
            sections["DEFAULT"]["image_cache_driver"] = "sqlite";
        }

        if (settings.DownloadPorts.Count > 0)
            sections["import_filtering_opts"] = new() { ["allowed_hosts"] = "[127.0.0.1]", ["allowed_ports"] = $"[{string.Join(',', settings.DownloadPorts)}]" };
        foreach (var ((section, name), value) in settings.More)
            (sections.TryGetValue(section, out var known) ? known : sections[section] = [])[name] = value;
        return Write(sections);
    }

    private static string Write(Dictionary<string, Dictionary<string, string>> sections)
    {
        var text = new StringBuilder();
        foreach (var (section, values) in sections)
        {
            text.Append(CultureInfo.InvariantCulture, $"[{section}]\n");
            foreach (var (name, value) in values)
                // A dollar sign would begin the name of another setting.
                text.Append(CultureInfo.InvariantCulture, $"{name} = {value.Replace("$", "$$", StringComparison.Ordinal)}\n");
        }

        return text.ToString();
    }

    private static string Folder(string parent, string name) => Directory.CreateDirectory(Path.Combine(parent, name)).FullName;

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(bool value) => value ? "true" : "false";
}
