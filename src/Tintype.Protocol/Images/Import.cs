using System.Text.Json.Serialization;

namespace Tintype.Protocol.Images;

/// <summary>Which ways of import there are, as the discovery of the Images API tells it.</summary>
public sealed record ImportInfoView([property: JsonPropertyName("import-methods")] ImportMethodsView ImportMethods);

/// <param name="Type">Of the value, in the words of JSON schemas.</param>
public sealed record ImportMethodsView(string Description, string Type, IReadOnlyList<string> Value);
