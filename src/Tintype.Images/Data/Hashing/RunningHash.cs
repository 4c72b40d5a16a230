using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;

namespace Tintype.Images.Data.Hashing;

/// <summary>A hash of data that comes in pieces.</summary>
internal abstract class RunningHash : IDisposable
{
    public abstract void Append(ReadOnlySpan<byte> bytes);

    /// <summary>The hash, once.</summary>
    public abstract byte[] End();

    public abstract void Dispose();
}

/// <summary>One that the system's cryptography computes.</summary>
/// <exception cref="PlatformNotSupportedException">It is too old for it.</exception>
internal sealed class PlatformHash(HashAlgorithmName algorithm) : RunningHash
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(algorithm);

    public override void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    public override byte[] End() => _hash.GetHashAndReset();

    public override void Dispose() => _hash.Dispose();
}

/// <summary>One that .NET does not have.</summary>
internal sealed class LibraryHash(IDigest digest) : RunningHash
{
    public override void Append(ReadOnlySpan<byte> bytes) => digest.BlockUpdate(bytes);

    public override byte[] End()
    {
        var hash = new byte[digest.GetDigestSize()];
        digest.DoFinal(hash, 0);
        return hash;
    }

    public override void Dispose()
    {
    }
}

/// <summary>CRC-32 as gzip and PNG have it, the highest byte first.</summary>
internal sealed class Crc32Hash : RunningHash
{
    private readonly Crc32 _hash = new();

    public override void Append(ReadOnlySpan<byte> bytes) => _hash.Append(bytes);

    public override byte[] End()
    {
        var sum = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(sum, _hash.GetCurrentHashAsUInt32());
        return sum;
    }

    public override void Dispose()
    {
    }
}
