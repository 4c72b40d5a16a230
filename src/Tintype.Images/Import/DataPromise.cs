using System.Text.Json;
using Tintype.Images.Data.Hashing;
using Tintype.Platform.Http;

namespace Tintype.Images.Import;

/// <summary>
/// What whoever begins an import knows of the data that is to come; an extension of this service, in the words of the locations API:
/// <code>{"method": {"name": "web-download", "uri": "https://…", "validation_data": {"checksum": "…", "os_hash_algo": "sha256", "os_hash_value": "…"} } }</code>
/// </summary>
/// <param name="Checksum">MD5, hexadecimal.</param>
/// <param name="HashAlgorithm">In which <paramref name="HashValue"/> is; neither without the other.</param>
internal sealed record DataPromise(string? Checksum, string? HashAlgorithm, string? HashValue)
{
    public const string Member = "validation_data";

    private const string Example = "for example {\"os_hash_algo\": \"sha256\", \"os_hash_value\": \"…64 hexadecimal digits…\"}";

    /// <summary>What the data must be hashed by to be held against it.</summary>
    public IEnumerable<HashKind> Wanted() => HashAlgorithm is { } algorithm ? [HashKind.Get(algorithm)] : [];

    /// <param name="digest">The hash of the data by a kind, hexadecimal.</param>
    /// <exception cref="Fault">400.</exception>
    public async Task CheckAsync(Func<HashKind, Task<string>> digest)
    {
        await CheckAsync(HashKind.Md5, "checksum", Checksum, digest);
        if (HashAlgorithm is { } algorithm)
            await CheckAsync(HashKind.Get(algorithm), "os_hash_value", HashValue, digest);
    }

    /// <summary>Null if nothing is promised.</summary>
    /// <exception cref="Fault">400.</exception>
    public static DataPromise? Parse(JsonElement method)
    {
        if (!method.TryGetProperty(Member, out var said))
            return null;
        if (said.ValueKind != JsonValueKind.Object)
            throw Fault.BadRequest($"'{Member}' is an object, {Example}, not {PythonText.Show(said)}.");
        var members = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in said.EnumerateObject())
        {
            if (member.Name is not ("checksum" or "os_hash_algo" or "os_hash_value"))
                throw Fault.BadRequest($"'{Member}' has a member '{member.Name}'; it may have checksum, os_hash_algo and os_hash_value.");
            members[member.Name] = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()!
                : throw Fault.BadRequest($"'{member.Name}' in '{Member}' is text, not {PythonText.Show(member.Value)}.");
        }

        var (algorithm, hash) = (members.GetValueOrDefault("os_hash_algo"), members.GetValueOrDefault("os_hash_value"));
        if (members.Count == 0 || algorithm is null != hash is null)
            throw Fault.BadRequest($"'{Member}' has a checksum, or os_hash_algo and os_hash_value, or all three, {Example}.");
        if (members.TryGetValue("checksum", out var checksum))
            CheckForm(HashKind.Md5, "checksum", checksum);
        if (algorithm is not null)
            CheckForm(HashKind.Find(algorithm) ?? throw Fault.BadRequest($"The os_hash_algo '{algorithm}' is not known here; there is {string.Join(", ", HashKind.All.Select(kind => kind.Name))}."), "os_hash_value", hash!);
        return new DataPromise(checksum?.ToLowerInvariant(), algorithm, hash?.ToLowerInvariant());
    }

    private static void CheckForm(HashKind kind, string name, string value)
    {
        if (value.Length != 2 * kind.Length || !value.All(char.IsAsciiHexDigit))
            throw Fault.BadRequest($"'{name}' in '{Member}' is '{value}'; {kind.Name} has {2 * kind.Length} hexadecimal digits.");
    }

    private static async Task CheckAsync(HashKind kind, string name, string? promised, Func<HashKind, Task<string>> digest)
    {
        if (promised is null || await digest(kind) is var found && found == promised)
            return;
        throw Fault.BadRequest($"The data's {kind.Name} is {found}, not {promised}, which {name} promised; nothing of it is kept.");
    }
}
