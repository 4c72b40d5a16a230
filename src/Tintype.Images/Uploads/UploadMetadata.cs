using System.Text;
using Tintype.Platform.Http;

namespace Tintype.Images.Uploads;

/// <summary>
/// What a client says with an upload: names, each with a value in base64 or none.
/// <code>Upload-Metadata: image_id Y2EzYjQ…,store bG9jYWw=,is_confidential</code>
/// </summary>
/// <param name="ImageId">Whose data it is.</param>
/// <param name="Store">Where the client wants it; null if it does not say.</param>
internal sealed record UploadMetadata(Guid ImageId, string? Store)
{
    private const string Header = "Upload-Metadata";

    // A strict decoder: what is not UTF-8 is no name of anything here.
    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="Fault">400.</exception>
    public static UploadMetadata Parse(string header)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in header.Length == 0 ? [] : header.Split(',', StringSplitOptions.TrimEntries))
        {
            var parts = pair.Split(' ');
            if (parts is not ([{ Length: > 0 }] or [{ Length: > 0 }, _]) || !parts[0].All(c => c is > ' ' and <= '~'))
                throw Fault.BadRequest($"The header {Header} has '{pair}'; each of its parts, between commas, is a name in ASCII, a space, and a value in base64.");
            if (!values.TryAdd(parts[0], parts.Length == 2 ? Decode(parts[0], parts[1]) : ""))
                throw Fault.BadRequest($"The header {Header} names '{parts[0]}' twice.");
        }

        if (!values.TryGetValue("image_id", out var image))
            throw Fault.BadRequest($"The header {Header} must have image_id, the id (in base64) of a queued image whose data will be uploaded.");
        if (!Guid.TryParse(image, out var id))
            throw Fault.BadRequest($"In the header {Header}, image_id is '{image}', which is no image's id.");
        return new UploadMetadata(id, values.GetValueOrDefault("store"));
    }

    private static string Decode(string name, string value)
    {
        // Only these two are understood; the rest may be anything, and is given back as it came.
        if (name is not ("image_id" or "store"))
            return value;
        try
        {
            return _utf8.GetString(Convert.FromBase64String(value));
        }
        catch (Exception malformed) when (malformed is FormatException or DecoderFallbackException)
        {
            throw Fault.BadRequest($"In the header {Header}, the value of {name} is '{value}', which is not base64 of a text in UTF-8.");
        }
    }
}
