using System.Diagnostics;
using System.Security.Cryptography;

namespace Tintype.Bench.Measuring;

/// <summary>How fast the two hashes of an upload are alone: from memory, each on a thread of its own. Nothing that computes both is faster.</summary>
internal static class HashLimit
{
    private const int BlockSize = 256 * 1024;

    public static Task<Sample> MeasureAsync(byte[] data, long length)
    {
        using var process = Process.GetCurrentProcess();
        return Rounds.MeasureAsync(() => ProcessorSeconds(process), async () =>
        {
            await Task.WhenAll(HashAsync(HashAlgorithmName.MD5, data, length), HashAsync(HashAlgorithmName.SHA512, data, length));
            return length;
        });
    }

    private static Task HashAsync(HashAlgorithmName algorithm, byte[] data, long length) => Task.Factory.StartNew(() =>
    {
        using var hash = IncrementalHash.CreateHash(algorithm);
        for (long done = 0; done < length; done += BlockSize)
            hash.AppendData(data.AsSpan((int)(done % data.Length), BlockSize));
        hash.GetHashAndReset();
    }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static double ProcessorSeconds(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime.TotalSeconds;
    }
}
