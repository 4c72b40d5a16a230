using System.Text.Json;
using Tintype.Images.Records;

namespace Tintype.Tests.Images.Records;

internal static class TestImages
{
    public static DateTimeOffset Noon { get; } = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public static ImageRecord New() => new(
        Guid.NewGuid(), "disk", Personas.Owners, ImageStatus.Queued, ImageVisibility.Shared, false, false, null, null, 0, 0, null, null, null, null, null,
        new Dictionary<string, string>(), [], Noon, Noon);

    public static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
