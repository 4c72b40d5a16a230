using System.Text;
using Microsoft.Extensions.Options;
using Tintype.Qemu.Process;

namespace Tintype.Snapshots.Verification;

/// <summary>Watches a guest from its start until it is clear that it has booted, or that it will not.</summary>
internal sealed class BootWatch(IOptions<VerificationOptions> options, TimeProvider time)
{
    private static readonly TimeSpan _askEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _answerWithin = TimeSpan.FromSeconds(5);

    /// <summary>How much of the console's end may hold the prompt: a login prompt stays at the end.</summary>
    private const int Tail = 16 * 1024;

    public async Task<BootOutcome> RunAsync(IGuestProcess guest, CancellationToken ct)
    {
        var started = time.GetTimestamp();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var limit = new CancellationTokenSource(options.Value.BootWithin, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(over.Token, limit.Token);
        var agent = WatchAsync(BootMilestone.Agent, () => AnswersAsync(guest, linked.Token), linked.Token);
        var prompt = WatchAsync(BootMilestone.LoginPrompt, () => PromptsAsync(guest, linked.Token), linked.Token);
        try
        {
            var first = await Task.WhenAny(agent, prompt, guest.Exited);
            if (first == guest.Exited && guest.Exited.IsCompletedSuccessfully)
                return new BootOutcome(BootMilestone.Nothing, Explain(await guest.Exited), time.GetElapsedTime(started));
            var outcome = new BootOutcome(await (Task<BootMilestone>)first, null, time.GetElapsedTime(started));
            if (first == agent)
                await SettleAsync(prompt, guest, ct);
            return outcome;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            return new BootOutcome(BootMilestone.Nothing,
                $"Neither did its guest agent answer nor did its serial console show a login prompt within {options.Value.BootWithin.TotalSeconds:0} s.",
                time.GetElapsedTime(started));
        }
        finally
        {
            await over.CancelAsync();
            await ((Task)Task.WhenAll(agent, prompt)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SettleAsync(Task prompt, IGuestProcess guest, CancellationToken ct)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await Task.WhenAny(prompt, guest.Exited, Task.Delay(options.Value.SettleWithin, time, enough.Token));
        await enough.CancelAsync();
        ct.ThrowIfCancellationRequested();
    }

    private async Task<BootMilestone> WatchAsync(BootMilestone milestone, Func<Task<bool>> reached, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(_askEvery, time);
        do
        {
            if (await reached())
                return milestone;
        }
        while (await timer.WaitForNextTickAsync(ct));

        throw new OperationCanceledException(ct);
    }

    private static async Task<bool> AnswersAsync(IGuestProcess guest, CancellationToken ct) =>
        guest.Agent is { } agent && await agent.RespondsAsync(_answerWithin, ct);

    private static async Task<bool> PromptsAsync(IGuestProcess guest, CancellationToken ct)
    {
        await using var log = GuestFiles.TryOpen(guest.Directory, GuestFiles.ConsoleLog);
        if (log is null)
            return false;
        var tail = new byte[(int)Math.Min(Tail, log.Length)];
        log.Seek(-tail.Length, SeekOrigin.End);
        var read = await log.ReadAtLeastAsync(tail, tail.Length, throwOnEndOfStream: false, ct);
        return LoginPrompt.IsIn(Encoding.UTF8.GetString(tail, 0, read));
    }

    private static string Explain(GuestExit exit) => exit.Kind switch
    {
        GuestExitKind.GuestShutdown => "The guest powered itself off before it had booted.",
        GuestExitKind.Forced => "The guest was ended from outside before it had booted.",
        _ => exit.Reason is { } reason ? $"The guest died before it had booted: {reason}" : "The guest died before it had booted.",
    };
}
