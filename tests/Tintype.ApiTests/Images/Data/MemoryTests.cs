using System.Globalization;
using System.Text.RegularExpressions;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Images.Data;

/// <summary>Memory does not grow with the size of an image.</summary>
public sealed partial class MemoryTests(ITestOutputHelper output)
{
    private const long Length = 4L << 30;
    private const long Allowance = 100L << 20;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>
    /// The figure is the peak of the process's whole resident set (VmHWM), which the kernel keeps itself, so that nothing is missed
    /// between two looks; nothing is deducted, not even code that is loaded by the first upload.
    /// </summary>
    [Fact]
    public async Task Moving_4_GiB_up_and_down_costs_less_than_100_MiB_above_idle()
    {
        using var directory = new TemporaryDirectory();
        await using var server = await TintypeServer.StartAsync(directory.Path);
        using var client = await ApiClient.SignInAsync(server, "tintype");
        var image = await ImageCall.QueuedAsync(server, client);
        var idle = Kilobytes(server.Pid, "VmRSS") * 1024;
        await File.WriteAllTextAsync($"/proc/{server.Pid}/clear_refs", "5", Ct);

        // An eighth of it is data and seven are zeros, which the store keeps as holes: every byte is received, hashed, inspected and sent.
        var pattern = new byte[8 << 20];
        UploadTests.Bytes(1 << 20).CopyTo(pattern, 0);
        using (var connection = await image.BeginUploadAsync(Length, Ct))
        {
            for (long sent = 0; sent < Length; sent += pattern.Length)
                await connection.SendAsync(pattern, Ct);
            Assert.Equal(204, (await connection.ReadHeadAsync(Ct)).Status);
        }

        var uploaded = Kilobytes(server.Pid, "VmHWM") * 1024;
        using (var connection = await image.ConnectAsync(Ct))
        {
            await connection.SendHeadAsync("GET", image.FilePath, Ct, image.Token);
            Assert.Equal(200, (await connection.ReadHeadAsync(Ct)).Status);
            for (long received = 0; received < Length;)
            {
                var piece = await connection.ReadPieceAsync(Ct);
                received += AssertContinues(pattern, received, piece.Span);
            }
        }

        var peak = Kilobytes(server.Pid, "VmHWM") * 1024;
        output.WriteLine($"idle {idle >> 20} MiB, peak of the upload {uploaded >> 20} MiB, of both {peak >> 20} MiB");
        Assert.InRange(peak, idle / 2, idle + Allowance);
        Assert.Equal(Length, (await image.ShowAsync()).GetProperty("size").GetInt64());
    }

    private static int AssertContinues(byte[] pattern, long position, ReadOnlySpan<byte> piece)
    {
        for (var at = 0; at < piece.Length;)
        {
            var within = (int)((position + at) % pattern.Length);
            var length = Math.Min(piece.Length - at, pattern.Length - within);
            Assert.True(piece.Slice(at, length).SequenceEqual(pattern.AsSpan(within, length)), $"Other bytes than were uploaded, from {position + at} on.");
            at += length;
        }

        return piece.Length;
    }

    private static long Kilobytes(int pid, string field) => long.Parse(
        Field().Matches(File.ReadAllText($"/proc/{pid}/status")).Single(m => m.Groups["name"].Value == field).Groups["kilobytes"].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<name>\w+):\s+(?<kilobytes>\d+) kB$", RegexOptions.Multiline)]
    private static partial Regex Field();
}
