using System.Buffers.Binary;

namespace Tintype.Tests.Fuzzing;

/// <summary>
/// Makes hostile neighbours of a sound file: bits flipped, fields set to extremes, pieces moved, the end cut or drawn out. Most
/// changes fall where the file has structure, which is where it has bytes other than zero.
/// </summary>
internal sealed class ByteMutator
{
    private const int Neighbourhood = 64;

    private static readonly ulong[] _extremes =
    [
        0, 1, 2, 3, 7, 8, 9, 16, 63, 64, 255, 256, 511, 512, 513, 2046, 2047, 2048, 2049, 4095, 4096, 65535, 65536, 1 << 20, 1 << 21, int.MaxValue, 0x8000_0000, uint.MaxValue - 1, uint.MaxValue,
        0x1_0000_0000, 1UL << 40, 1UL << 46, 1UL << 50, 1UL << 56, (1UL << 62) + 512, long.MaxValue - 511, long.MaxValue, 1UL << 63, ulong.MaxValue - 511, ulong.MaxValue,
    ];

    private readonly byte[] _sound;
    private readonly int[] _structure;

    public ByteMutator(byte[] sound)
    {
        _sound = sound;
        _structure = [.. Enumerable.Range(0, (sound.Length + Neighbourhood - 1) / Neighbourhood).Select(block => block * Neighbourhood)
            .Where(at => sound.AsSpan(at, Math.Min(Neighbourhood, sound.Length - at)).ContainsAnyExcept((byte)0))];
    }

    public byte[] Next(Random random)
    {
        var bytes = (byte[])_sound.Clone();
        // Mostly one: a second change tends to be refused for, and so to hide, what the first one does.
        do
            Change(bytes, random);
        while (random.Next(3) == 0);
        return random.Next(20) switch
        {
            0 => bytes[..Place(random)],
            1 => bytes[..random.Next(bytes.Length + 1)],
            2 => [.. bytes, .. new byte[random.Next(1, 3000)]],
            3 => [.. bytes, .. bytes.AsSpan(0, Math.Min(bytes.Length, random.Next(1, 2000)))],
            _ => bytes,
        };
    }

    /// <summary>Some offsets, ascending, most of them close to structure: where to cut the stream.</summary>
    public int[] Cuts(Random random, int length)
    {
        var cuts = new SortedSet<int>();
        for (var i = random.Next(1, 40); i > 0; i--)
        {
            var cut = Place(random);
            for (var run = random.Next(6) == 0 ? random.Next(1, 40) : 1; run > 0; run--)
                cuts.Add(Math.Min(cut++, length));
        }

        return [.. cuts];
    }

    private int Place(Random random) => random.Next(10) == 0 || _structure.Length == 0
        ? random.Next(_sound.Length)
        : Math.Min(_structure[random.Next(_structure.Length)] + random.Next(Neighbourhood), _sound.Length - 1);

    private void Change(byte[] bytes, Random random)
    {
        var at = Place(random);
        switch (random.Next(7))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
            case 3:
                Number(bytes, at & ~3, random);
                break;
            case 4:
                Number(bytes, at, random);
                break;
            case 5:
                var length = Math.Min(random.Next(1, 64), bytes.Length - at);
                bytes.AsSpan(Math.Min(Place(random), bytes.Length - length), length).CopyTo(bytes.AsSpan(at));
                break;
            default:
                bytes.AsSpan(at, Math.Min(random.Next(1, 600), bytes.Length - at)).Fill((byte)(random.Next(3) * 0x7f));
                break;
        }
    }

    private static void Number(byte[] bytes, int at, Random random)
    {
        var value = _extremes[random.Next(_extremes.Length)] + (ulong)(random.Next(4) == 0 ? random.Next(-2, 3) : 0);
        Span<byte> number = stackalloc byte[8];
        var width = 1 << random.Next(1, 4);
        if (random.Next(2) == 0)
            BinaryPrimitives.WriteUInt64LittleEndian(number, value);
        else
            BinaryPrimitives.WriteUInt64BigEndian(number, value << ((8 - width) * 8));
        number[..Math.Min(width, bytes.Length - at)].CopyTo(bytes.AsSpan(at));
    }
}
