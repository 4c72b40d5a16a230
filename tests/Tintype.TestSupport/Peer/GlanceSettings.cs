namespace Tintype.TestSupport.Peer;

/// <summary>What differs between one Glance and another. Everything else is as Debian and Glance leave it.</summary>
public sealed record GlanceSettings
{
    /// <summary>File stores by name; the first is the default one. Each is a folder in the server's own.</summary>
    public IReadOnlyList<string> Stores { get; init; } = ["first"];

    /// <summary>Whether there is a read-only store <c>web</c> besides, as locations need it.</summary>
    public bool HttpStore { get; init; }

    /// <summary>enforce_new_defaults, enforce_scope and enforce_secure_rbac: Keystone's personas, as Tintype has them.</summary>
    public bool NewDefaults { get; init; } = true;

    public bool ShowMultipleLocations { get; init; }

    /// <summary>Whether there is an image cache, with the interface to it.</summary>
    public bool Cache { get; init; }

    /// <summary>Glance's own default is one a processor.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>
    /// As SQLAlchemy writes it, <c>mysql+pymysql://user:password@127.0.0.1:3306/glance?charset=utf8</c> for instance, of a database that
    /// is there and empty. SQLite in the server's folder if null, which is enough where nothing is measured.
    /// </summary>
    public string? DatabaseUrl { get; init; }

    /// <summary>
    /// For how long a token that was looked up counts as good, in seconds; -1 for not at all. 300 is keystonemiddleware's default; with
    /// no memcached configured, as here, every worker remembers by itself, which is the fastest it can be.
    /// </summary>
    public int TokenCacheSeconds { get; init; } = 300;

    /// <summary>The ports of 127.0.0.1 that web-download and an http store may read from; others of this host are refused.</summary>
    public IReadOnlyList<int> DownloadPorts { get; init; } = [];

    /// <summary>What else there is to say, by section and name: <c>("DEFAULT", "image_size_cap")</c>. It wins over what is said above.</summary>
    public IReadOnlyDictionary<(string Section, string Name), string> More { get; init; } = new Dictionary<(string, string), string>();
}
