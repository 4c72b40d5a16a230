using System.Text.Json;
using Tintype.Images.Data.Hashing;
using Tintype.Platform.Http;

namespace Tintype.Images.Locations;

/// <summary>
/// The body of <c>POST …/locations</c>:
/// <code>{"url": "http://example.org/disk", "validation_data": {"os_hash_algo": "sha512", "os_hash_value": "…"}}</code>
/// </summary>
internal sealed record AddLocationRequest(string Url, string? HashAlgorithm, string? HashValue)
{
    // Glance's, whatever the operator has chosen.
    private static readonly IReadOnlyList<HashKind> _algorithms = [HashKind.Sha1, HashKind.Sha256, HashKind.Sha512, HashKind.Md5];

    /// <exception cref="Fault">400.</exception>
    public static AddLocationRequest Parse(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
            throw Mismatch($"{PythonText.Show(body)} is not of type 'object'", body);
        if (!body.TryGetProperty("url", out var url))
            throw Mismatch("'url' is a required property", body);
        if (url.ValueKind != JsonValueKind.String)
            throw Mismatch($"{PythonText.Show(url)} is not of type 'string'", url);
        return body.TryGetProperty("validation_data", out var said) && ParseValidation(said) is var (algorithm, value)
            ? new AddLocationRequest(url.GetString()!, algorithm, value)
            : new AddLocationRequest(url.GetString()!, null, null);
    }

    /// <exception cref="Fault">400: the hash is none.</exception>
    public void CheckHash()
    {
        if (HashValue is null)
            return;
        if (HashValue.Length % 2 != 0 || !HashValue.All(char.IsAsciiHexDigit))
            throw Fault.BadRequest($"os_hash_value ({HashValue}) is not a valid hexadecimal value");
        if (HashKind.Get(HashAlgorithm!).Length is var length && HashValue.Length != 2 * length)
            throw Fault.BadRequest($"os_hash_value: ({HashValue}) is not the correct size for ({HashAlgorithm}) (should be ({length}) bytes)");
    }

    private static (string Algorithm, string Value)? ParseValidation(JsonElement said)
    {
        if (said.ValueKind != JsonValueKind.Object)
            throw Mismatch($"{PythonText.Show(said)} is not of type 'object'", said);
        foreach (var member in said.EnumerateObject())
        {
            if (member.Name is not ("os_hash_algo" or "os_hash_value"))
                throw Mismatch($"Additional properties are not allowed ('{member.Name}' was unexpected)", said);
            if (member.Value.ValueKind != JsonValueKind.String)
                throw Mismatch($"{PythonText.Show(member.Value)} is not of type 'string'", member.Value);
        }

        var hasAlgorithm = said.TryGetProperty("os_hash_algo", out var algorithm);
        var hasValue = said.TryGetProperty("os_hash_value", out var value);
        if (!hasAlgorithm && !hasValue)
            return null;
        if (!hasAlgorithm || !hasValue)
            throw Mismatch(hasValue ? "'os_hash_algo' is a dependency of 'os_hash_value'" : "'os_hash_value' is a dependency of 'os_hash_algo'", said);
        if (_algorithms.All(known => known.Name != algorithm.GetString()))
            throw Mismatch($"{PythonText.Show(algorithm)} is not one of ['sha1', 'sha256', 'sha512', 'md5']", algorithm);
        return (algorithm.GetString()!, value.GetString()!);
    }

    private static Fault Mismatch(string reason, JsonElement value) =>
        Fault.BadRequest($"Provided object does not match schema 'location': {reason}\n\nOn instance['add_location']:\n    {PythonText.Show(value)}");
}
