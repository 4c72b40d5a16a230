using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tintype.Protocol;

/// <summary>
/// A member that some versions of an API have and others have not: absent is another thing than null. Mark the property with
/// <see cref="OptionalConverter{T}"/> and ignore it when default.
/// </summary>
public readonly record struct Optional<T>
{
    public Optional(T? value)
    {
        Value = value;
        IsPresent = true;
    }

    public bool IsPresent { get; }

    /// <summary>Null also when absent.</summary>
    public T? Value { get; }
}

/// <summary>Writes the value alone; an absent one must be ignored by the property's condition.</summary>
public sealed class OptionalConverter<T> : JsonConverter<Optional<T>>
{
    /// <summary>null is a value, which is present.</summary>
    public override bool HandleNull => true;

    public override Optional<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new((T?)JsonSerializer.Deserialize(ref reader, options.GetTypeInfo(typeof(T))));

    public override void Write(Utf8JsonWriter writer, Optional<T> value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value.Value, options.GetTypeInfo(typeof(T)));
}
