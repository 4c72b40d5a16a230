namespace Tintype.Tests.Images.Import;

/// <summary>A text as the common tools pack it: <c>printf 'what was packed' | gzip -n (xz, zstd, bzip2 -1) | base64</c>.</summary>
internal static class PackedData
{
    public static byte[] Of(string name) => Convert.FromBase64String(name switch
    {
        "gzip" => "H4sIAAAAAAAAAyvPSCxRKE8sVihITM5OTQEAk8BkpQ8AAAA=",
        "xz" => "/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAOd2hhdCB3YXMgcGFja2VkAADVTedK7Poq4gABJw/fGvxqH7bzfQEAAAAABFla",
        "zstd" => "KLUv/QRYeQAAd2hhdCB3YXMgcGFja2VkwBk6kg==",
        _ => "QlpoMTFBWSZTWeT0Z10AAAcRgEAALkhMgCAAMQDTTQUwD0mgixSFeZcLuSKcKEhyejOugA==",
    });
}
