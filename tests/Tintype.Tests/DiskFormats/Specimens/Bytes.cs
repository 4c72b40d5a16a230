using System.Buffers.Binary;

namespace Tintype.Tests.DiskFormats.Specimens;

/// <summary>Writing fields into images.</summary>
internal static class Bytes
{
    public static byte[] Put(this byte[] image, int at, params ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(image.AsSpan(at));
        return image;
    }

    public static byte[] PutBig32(this byte[] image, int at, uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(at), value);
        return image;
    }

    public static byte[] PutBig64(this byte[] image, int at, ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(at), value);
        return image;
    }

    public static byte[] Put32(this byte[] image, int at, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(at), value);
        return image;
    }

    public static byte[] Put64(this byte[] image, int at, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(at), value);
        return image;
    }

    public static byte[] With(this byte[] image, Action<byte[]> change)
    {
        var copy = (byte[])image.Clone();
        change(copy);
        return copy;
    }
}
