using System.Globalization;
using System.Text;

namespace Tintype.ApiTests.Fuzzing;

/// <summary>How the bytes of a body are announced and sent.</summary>
public enum Framing
{
    Length,
    Chunks,

    /// <summary>More was announced than comes before the sending side closes.</summary>
    Cut,
    CutChunks,

    /// <summary>As a client that crashes in the middle.</summary>
    Reset,

    /// <summary>Less was announced than comes: the rest reads as a second request.</summary>
    TooShort,
    BadChunks,
    BothFramings,
    TwoLengths,

    /// <summary>Some bytes of the head are others, or missing.</summary>
    DamagedHead,
}

/// <summary>A request before it is sent, as something that can be changed. Texts hold one byte a character.</summary>
public sealed class Draft
{
    public required string Method { get; set; }

    /// <summary>As it stands in the request line, the query with it.</summary>
    public required string Path { get; set; }

    public List<(string Name, string Value)> Headers { get; } = [];

    public byte[]? Body { get; set; }

    public Framing Framing { get; set; }

    /// <summary>Whether its end can be found by whoever reads it, so that an answer must come.</summary>
    public bool IsWellFramed => Framing is Framing.Length or Framing.Chunks;

    public void Set(string name, string value)
    {
        Headers.RemoveAll(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        Headers.Add((name, value));
    }

    public string? Header(string name) => Headers.Find(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>The bytes on the wire.</summary>
    public byte[] Render(Random random)
    {
        var head = new StringBuilder($"{Method} {Path} HTTP/1.1\r\n");
        if (Header("Host") is null)
            head.Append("Host: tintype\r\n");
        foreach (var (name, value) in Headers)
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        head.Append(Announcement()).Append("\r\n");
        var bytes = Encoding.Latin1.GetBytes(head.ToString()).ToList();
        if (Framing == Framing.DamagedHead)
            Damage(bytes, random);
        bytes.AddRange(Framing switch
        {
            Framing.Chunks or Framing.BothFramings => [.. Chunks(random), .. "0\r\n\r\n"u8],
            Framing.CutChunks => Chunks(random) is { Count: > 0 } chunks ? chunks[..random.Next(chunks.Count)] : [],
            Framing.BadChunks => [.. Chunks(random), .. BadChunks[random.Next(BadChunks.Length)]],
            Framing.Cut or Framing.Reset => Body is null ? [] : Body[..random.Next(Body.Length + 1)],
            _ => Body ?? [],
        });
        return [.. bytes];
    }

    /// <summary>For whoever has to understand a case that failed.</summary>
    public override string ToString()
    {
        var text = new StringBuilder($"{Short(Method)} {Short(Path)} ({Framing})\n");
        foreach (var (name, value) in Headers.Where(h => !h.Name.Equals("X-Auth-Token", StringComparison.OrdinalIgnoreCase)))
            text.Append(CultureInfo.InvariantCulture, $"{Short(name)}: {Short(value)}\n");
        if (Body is not null)
            text.Append(CultureInfo.InvariantCulture, $"\n{Body.Length} bytes: {Short(Encoding.Latin1.GetString(Body), 2000)}\n");
        return text.ToString();
    }

    internal static string Short(string text, int length = 400) => text.Length <= length ? text : $"{text[..length]}… ({text.Length} characters)";

    private static byte[][] BadChunks { get; } =
    [
        [.. "zz\r\nabc\r\n0\r\n\r\n"u8], [.. "-1\r\nabc\r\n"u8], [.. "ffffffffffffffffff\r\na"u8], [.. "7fffffffffffffff\r\na"u8], [.. "3\r\nabcdef\r\n0\r\n\r\n"u8], [.. "\r\n\r\n"u8],
        [.. "3;ext=\"\r\nabc\r\n0\r\n\r\n"u8], [.. "0\r\nTrailer: x\r\n\r\n"u8],
    ];

    private string Announcement()
    {
        var length = Body?.Length ?? 0;
        return Framing switch
        {
            Framing.Chunks or Framing.CutChunks or Framing.BadChunks => "Transfer-Encoding: chunked\r\n",
            Framing.BothFramings => $"Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n",
            Framing.TwoLengths => $"Content-Length: {length}\r\nContent-Length: {length + 1}\r\n",
            Framing.Cut or Framing.Reset => $"Content-Length: {length + 1 + (length * 3L)}\r\n",
            Framing.TooShort => $"Content-Length: {length / 2}\r\n",
            _ => Body is null ? "" : $"Content-Length: {length}\r\n",
        };
    }

    private List<byte> Chunks(Random random)
    {
        var bytes = new List<byte>();
        for (var at = 0; at < (Body?.Length ?? 0);)
        {
            var length = random.Next(1, Body!.Length - at + 1);
            bytes.AddRange(Encoding.ASCII.GetBytes($"{length:x}\r\n"));
            bytes.AddRange(Body.AsSpan(at, length));
            bytes.AddRange("\r\n"u8);
            at += length;
        }

        return bytes;
    }

    private static void Damage(List<byte> head, Random random)
    {
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var at = random.Next(head.Count);
            if (random.Next(3) == 0)
                head.RemoveAt(at);
            else if (random.Next(2) == 0)
                head[at] = (byte)random.Next(256);
            else
                head.Insert(at, (byte)"\0\r\n: \t\u00ff/"[random.Next(8)]);
        }
    }
}
