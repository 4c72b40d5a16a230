namespace Tintype.Images.Data.Blobs;

/// <summary>What a reader must take a blob for, whatever its bytes look like.</summary>
internal static class BlobFormat
{
    /// <summary>Formats without a structure of their own are plain bytes.</summary>
    public static string Of(string diskFormat) => diskFormat is "iso" or "ami" or "ari" or "aki" ? "raw" : diskFormat;
}
