using System.Globalization;
using Tintype.ApiTests.Images.Data;
using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Fuzzing;

/// <summary>
/// Bad requests of every kind to a real server, by several people, some at the same time. Each is answered as it should be; and when all are
/// over, what the server keeps is whole, and its memory is what it was.
/// </summary>
[Trait("run", "fuzz")]
public sealed class HttpFuzzTests(ITestOutputHelper output)
{
    /// <summary>Bytes that the server may have more than after a tenth of the cases.</summary>
    private const long Growth = 96L << 20;

    private const int Usual = 1500;

    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(1);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests()
    {
        await using var fuzzed = new FuzzedServer();
        await fuzzed.InitializeAsync();
        var (all, done, warm) = (Fuzz.AskedRequests ?? Usual, 0, 0L);

        await Fuzz.RequestsAsync(Usual, async random =>
        {
            await CaseAsync(fuzzed, random);
            if (++done == (all + 9) / 10)
                warm = Resident(fuzzed.Server.Pid);
        });

        using var client = await ApiClient.SignInAsync(fuzzed.Server, "tintype");
        Assert.Equal(200, (int)(await client.GetAsync("/image/v2/images")).Status);
        var now = Resident(fuzzed.Server.Pid);
        var figures = $"{done} cases; {warm >> 20} MiB after a tenth of them, {now >> 20} MiB after all";
        output.WriteLine(figures);
        if (Fuzz.AskedRequests is not null)
            Console.WriteLine(figures);
        Assert.InRange(now, 0, warm + Growth);
        using var aftermath = new Aftermath(fuzzed.Server);
        await aftermath.HoldsAsync(Ct);
    }

    private static async Task CaseAsync(FuzzedServer fuzzed, Random random)
    {
        var operation = Operation.All[random.Next(Operation.All.Count)];
        var target = await fuzzed.MakeAsync(operation.Needs, random);
        var drafts = new List<(Draft Draft, byte[] Bytes)> { Draft(operation) };
        // Others do the same, or something else to the same thing, at the same time.
        for (var more = random.Next(4) == 0 ? random.Next(1, 4) : 0; more > 0; more--)
            drafts.Add(Draft(random.Next(2) == 0 ? operation : Other()));
        await Task.WhenAll(drafts.Select(d => AskAsync(fuzzed.Server.Address, d.Draft, d.Bytes)));
        await fuzzed.RemoveAsync(operation.Needs, target);

        Operation Other()
        {
            var same = Operation.All.Where(o => o.Needs == operation.Needs).ToList();
            return same[random.Next(same.Count)];
        }

        (Draft, byte[]) Draft(Operation of)
        {
            var draft = target.Draft(of);
            if (fuzzed.Somebody(random) is { } token)
                draft.Set("X-Auth-Token", token);
            RequestMutator.Mutate(draft, random);
            return (draft, draft.Render(random));
        }
    }

    private static async Task AskAsync(Uri server, Draft draft, byte[] bytes)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(_limit);
        using var connection = await RawConnection.OpenAsync(server, limit.Token);
        try
        {
            await connection.SendAsync(bytes, limit.Token);
            if (draft.Framing == Framing.Reset)
            {
                connection.Reset();
                return;
            }

            // Otherwise more would be waited for.
            if (draft.Framing is Framing.Cut or Framing.CutChunks or Framing.DamagedHead)
                connection.CloseSending();
            var (head, body) = await connection.ReadAnswerAsync(limit.Token, hasBody: draft.Method != "HEAD");
            AnswerRules.Check(draft, head, body);
        }
        catch (Exception gone) when (gone is EndOfStreamException or System.Net.Sockets.SocketException)
        {
            // Whoever cannot tell where a request ends can only hang up; and a body that nobody wants may meet a closed connection.
            Assert.True(!draft.IsWellFramed || draft.Body?.Length > 500_000, $"No answer to\n{draft}\n{gone.Message}");
        }
        catch (OperationCanceledException) when (!Ct.IsCancellationRequested)
        {
            Assert.Fail($"No answer within {_limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s to\n{draft}");
        }
    }

    private static long Resident(int pid) => 1024 * long.Parse(
        File.ReadLines($"/proc/{pid}/status").Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
}
