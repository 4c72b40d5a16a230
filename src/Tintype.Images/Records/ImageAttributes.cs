using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tintype.Platform.Http;

namespace Tintype.Images.Records;

/// <summary>
/// The members of an image's JSON: which of them are Glance's own, who may write them, and which values they take. What is none of
/// them is a custom property, a string.
/// </summary>
internal static partial class ImageAttributes
{
    public const int MaximumLength = 255;
    public const string SystemPrefix = "tintype_";

    private static readonly string?[] _diskFormats = [null, "ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop"];
    private static readonly string?[] _containerFormats = [null, "ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed"];
    private static readonly string?[] _visibilities = ["community", "public", "private", "shared"];

    private static readonly string?[] _keyDeletionPolicies = ["on_image_deletion", "do_not_delete"];

    private static readonly FrozenSet<string> _writable = FrozenSet.Create(StringComparer.Ordinal,
        "name", "visibility", "protected", "os_hidden", "owner", "container_format", "disk_format", "min_ram", "min_disk", "tags");

    private static readonly FrozenSet<string> _readOnly = FrozenSet.Create(StringComparer.Ordinal,
        "id", "status", "checksum", "os_hash_algo", "os_hash_value", "size", "virtual_size", "created_at", "updated_at",
        "direct_url", "self", "file", "schema", "stores");

    private static readonly FrozenSet<string> _reserved = FrozenSet.Create(StringComparer.Ordinal, "location", "deleted", "deleted_at");

    /// <summary>An attribute that a client may set.</summary>
    public static bool IsWritable(string name) => _writable.Contains(name);

    /// <summary>An attribute that only the service sets; at creation <c>id</c> is an exception.</summary>
    public static bool IsReadOnly(string name) => _readOnly.Contains(name);

    public static bool IsReserved(string name) => _reserved.Contains(name) || name.StartsWith("os_glance", StringComparison.Ordinal);

    /// <summary>A custom property that is the system's word, to be read only.</summary>
    public static bool IsSystems(string name) => name.StartsWith(SystemPrefix, StringComparison.Ordinal);

    /// <exception cref="Fault">400: the value is not of the attribute's type, or not one of its values.</exception>
    public static void Validate(string name, JsonElement value)
    {
        var reason = name switch
        {
            "id" => Text(value, nullable: false) ?? Pattern(value),
            "name" or "owner" => Text(value, nullable: true) ?? Length(value),
            "visibility" => Text(value, nullable: false) ?? OneOf(value, _visibilities),
            "disk_format" => Text(value, nullable: true) ?? OneOf(value, _diskFormats),
            "container_format" => Text(value, nullable: true) ?? OneOf(value, _containerFormats),
            "protected" or "os_hidden" => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : $"{Show(value)} is not of type 'boolean'",
            "min_disk" or "min_ram" => Whole(value) is null ? $"{Show(value)} is not of type 'integer'" : null,
            "tags" => Tags(value),
            "kernel_id" or "ramdisk_id" => Text(value, nullable: true) ?? Pattern(value),
            "cinder_encryption_key_deletion_policy" => Text(value, nullable: false) ?? OneOf(value, _keyDeletionPolicies),
            "locations" => value.ValueKind == JsonValueKind.Array ? null : $"{Show(value)} is not of type 'array'",
            // Read-only and reserved ones are refused for what they are, whatever their value.
            _ => IsReadOnly(name) || IsReserved(name) ? null : Text(value, nullable: false),
        };
        if (reason is not null)
            throw Fault.SchemaMismatch(reason, name, Show(value));
        if (name is "min_disk" or "min_ram")
            CheckRange(name, Whole(value)!.Value);
    }

    /// <summary>The image with the attribute or property set to a value that <see cref="Validate"/> has passed. A property that is null is none.</summary>
    public static ImageRecord Set(ImageRecord image, string name, JsonElement value) => name switch
    {
        "name" => image with { Name = value.GetString() },
        "owner" => image with { Owner = value.GetString() ?? "" },
        "visibility" => image with { Visibility = ImageWords.Visibility(value.GetString()!)!.Value },
        "protected" => image with { Protected = value.GetBoolean() },
        "os_hidden" => image with { Hidden = value.GetBoolean() },
        "disk_format" => image with { DiskFormat = value.GetString() },
        "container_format" => image with { ContainerFormat = value.GetString() },
        "min_disk" => image with { MinDisk = (int)Whole(value)!.Value },
        "min_ram" => image with { MinRam = (int)Whole(value)!.Value },
        "tags" => image with { Tags = [.. value.EnumerateArray().Select(t => t.GetString()!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)] },
        _ => image with { Properties = image.Properties.With(new Dictionary<string, string?> { [name] = value.GetString() }) },
    };

    /// <exception cref="Fault">400: the name of a custom property is too long.</exception>
    public static void CheckPropertyName(string name)
    {
        if (name.Length > MaximumLength)
            throw Fault.BadRequest("Custom property should not be greater than 255 characters.");
    }

    private static void CheckRange(string name, decimal value)
    {
        if (value < 0)
            throw Fault.BadRequest($"Invalid value '{value.ToString(CultureInfo.InvariantCulture)}' for parameter '{name}': Cannot be a negative value");
        if (value > int.MaxValue)
            throw Fault.BadRequest($"'{name}' value out of range, must not exceed {int.MaxValue}.");
    }

    private static string? Text(JsonElement value, bool nullable) => value.ValueKind switch
    {
        JsonValueKind.String => null,
        JsonValueKind.Null when nullable => null,
        _ => $"{Show(value)} is not of type {(nullable ? "'null', 'string'" : "'string'")}",
    };

    private static string? Length(JsonElement value) =>
        value.GetString() is { Length: > MaximumLength } ? $"{Show(value)} is too long" : null;

    private static string? Pattern(JsonElement id) =>
        id.GetString() is not { } text || IdPattern.IsMatch(text) ? null : $"{Show(id)} does not match '{IdPattern}'";

    private static string? OneOf(JsonElement value, string?[] values) => values.Contains(value.GetString(), StringComparer.Ordinal)
        ? null : $"{Show(value)} is not one of [{string.Join(", ", values.Select(v => v is null ? "None" : $"'{v}'"))}]";

    private static string? Tags(JsonElement value) => value.ValueKind != JsonValueKind.Array
        ? $"{Show(value)} is not of type 'array'"
        : value.EnumerateArray().Select(tag => Text(tag, nullable: false) ?? Length(tag)).FirstOrDefault(reason => reason is not null);

    // JSON has one kind of number: 1.0 is the integer 1.
    private static decimal? Whole(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && decimal.Truncate(number) == number ? number : null;

    private static string Show(JsonElement value) => PythonText.Show(value);

    [GeneratedRegex("^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern { get; }
}
