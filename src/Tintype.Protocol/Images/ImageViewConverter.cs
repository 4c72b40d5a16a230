using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tintype.Protocol.Images;

/// <summary>Writes and reads an image's attributes and custom properties as the members of one object.</summary>
public sealed class ImageViewConverter : JsonConverter<ImageView>
{
    public override void Write(Utf8JsonWriter writer, ImageView value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(value);
        writer.WriteStartObject();
        foreach (var (name, property) in value.Properties)
            writer.WriteString(name, property);
        writer.WriteString("name"u8, value.Name);
        writer.WriteString("disk_format"u8, value.DiskFormat);
        writer.WriteString("container_format"u8, value.ContainerFormat);
        writer.WriteString("visibility"u8, value.Visibility);
        WriteNumber(writer, "size"u8, value.Size);
        WriteNumber(writer, "virtual_size"u8, value.VirtualSize);
        writer.WriteString("status"u8, value.Status);
        writer.WriteString("checksum"u8, value.Checksum);
        writer.WriteBoolean("protected"u8, value.Protected);
        writer.WriteNumber("min_ram"u8, value.MinRam);
        writer.WriteNumber("min_disk"u8, value.MinDisk);
        writer.WriteString("owner"u8, value.Owner);
        writer.WriteBoolean("os_hidden"u8, value.OsHidden);
        writer.WriteString("os_hash_algo"u8, value.OsHashAlgo);
        writer.WriteString("os_hash_value"u8, value.OsHashValue);
        writer.WriteString("id"u8, value.Id);
        writer.WriteString("created_at"u8, value.CreatedAt);
        writer.WriteString("updated_at"u8, value.UpdatedAt);
        writer.WriteStartArray("tags"u8);
        foreach (var tag in value.Tags)
            writer.WriteStringValue(tag);
        writer.WriteEndArray();
        writer.WriteString("self"u8, value.Self);
        writer.WriteString("file"u8, value.File);
        writer.WriteString("schema"u8, value.Schema);
        if (value.Stores is not null)
            writer.WriteString("stores"u8, value.Stores);
        if (value.DirectUrl is not null)
            writer.WriteString("direct_url"u8, value.DirectUrl);
        if (value.Locations is not null)
            WriteLocations(writer, value.Locations);
        writer.WriteEndObject();
    }

    /// <summary>Takes any Glance's answer: what is missing there is unset, what is not a string is no custom property.</summary>
    public override ImageView Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in document.RootElement.EnumerateObject())
            members[member.Name] = member.Value;

        string? Text(string name) => members.Remove(name, out var value) ? value.GetString() : null;
        long? Number(string name) => members.Remove(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : null;
        bool Flag(string name) => members.Remove(name, out var value) && value.ValueKind == JsonValueKind.True;
        string[] Tags() => members.Remove("tags", out var value) ? [.. value.EnumerateArray().Select(t => t.GetString()!)] : [];

        var directUrl = Text("direct_url");
        return new ImageView(
            Guid.Parse(Text("id") ?? throw new JsonException("An image without id.")), Text("name"), Text("disk_format"), Text("container_format"),
            Text("visibility") ?? "", Number("size"), Number("virtual_size"), Text("status") ?? "", Text("checksum"), Flag("protected"),
            (int)(Number("min_ram") ?? 0), (int)(Number("min_disk") ?? 0), Text("owner"), Flag("os_hidden"), Text("os_hash_algo"),
            Text("os_hash_value"), Text("created_at") ?? "", Text("updated_at") ?? "", Tags(), Text("self") ?? "", Text("file") ?? "",
            Text("schema") ?? "", Text("stores"),
            members.Where(m => m.Value.ValueKind == JsonValueKind.String).ToDictionary(m => m.Key, m => m.Value.GetString()!, StringComparer.Ordinal)) { DirectUrl = directUrl };
    }

    private static void WriteLocations(Utf8JsonWriter writer, IReadOnlyList<ImageLocationView> locations)
    {
        writer.WriteStartArray("locations"u8);
        foreach (var location in locations)
        {
            writer.WriteStartObject();
            writer.WriteString("url"u8, location.Url);
            writer.WritePropertyName("metadata"u8);
            location.Metadata.WriteTo(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter writer, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
            writer.WriteNumber(name, number);
        else
            writer.WriteNull(name);
    }
}
