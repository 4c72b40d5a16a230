using System.Text.Json;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Platform.Tasks;
using Tintype.Protocol.Extensions;

namespace Tintype.Platform.Events;

/// <summary>
/// Tells one client what becomes of the tasks that it may see.
/// <code>
/// without Last-Event-ID: what has not ended ─┐
/// with it: what has changed since ───────────┴─► changes of state as they come; progress once a second; a comment when there is nothing to say
/// </code>
/// Nothing is queued for anybody. The id of an event is the task's revision, so what a client has missed is a range of the database, read a page
/// at a time and as the tasks are by then: one that is slow, or was away, gets the latest state of each task and not the way there.
/// </summary>
internal sealed class TaskEvents(TaskQueue queue, TaskRepository tasks, TaskViews views, ITokenValidator tokens, TimeProvider time)
{
    private static readonly TimeSpan _tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _retry = TimeSpan.FromSeconds(2);

    private const int Page = 100;

    /// <summary>Writes until the token is no longer good for anything.</summary>
    /// <param name="token">What the caller has signed in with; asked for again all the time.</param>
    /// <param name="last">The id of the last event that the client has heard; null if it begins.</param>
    public async Task WriteAsync(EventWriter output, Caller caller, string token, long? last, CancellationToken ct)
    {
        using var ticks = new PeriodicTimer(_tick, time);
        var tick = ticks.WaitForNextTickAsync(ct).AsTask();
        output.Retry(_retry);
        await output.FlushAsync(ct);
        var told = new Dictionary<Guid, TaskProgress>();
        var spoke = time.GetTimestamp();
        var changed = tasks.Pulse.Next;
        var at = await BeginAsync(output, caller, last, ct);
        while (true)
        {
            if (output.IsDirty)
                spoke = time.GetTimestamp();
            else if (time.GetElapsedTime(spoke) >= _silence)
            {
                spoke = time.GetTimestamp();
                output.Comment("still here");
            }

            await output.FlushAsync(ct);

            await Task.WhenAny(tick, changed);
            changed = tasks.Pulse.Next;
            var isTick = tick.IsCompleted;
            if (isTick)
            {
                await tick;
                tick = ticks.WaitForNextTickAsync(ct).AsTask();
                if (await tokens.ValidateAsync(token, ct) is not { } still)
                {
                    output.Event("end", at, JsonSerializer.Serialize(new EventsEnd("The token has expired or was revoked; sign in again."), ExtensionsJson.Default.EventsEnd));
                    await output.FlushAsync(ct);
                    return;
                }

                caller = still;
            }

            at = await ChangesAsync(output, caller, at, unendedOnly: false, ct);
            if (isTick)
                Progress(output, caller, at, told);
        }
    }

    private async Task<long> BeginAsync(EventWriter output, Caller caller, long? last, CancellationToken ct)
    {
        // An id from the future is of another database: the client knows nothing of this one.
        var isKnown = last is { } heard && heard <= await tasks.RevisionAsync(ct);
        return await ChangesAsync(output, caller, isKnown ? last!.Value : 0, unendedOnly: !isKnown, ct);
    }

    /// <returns>The revision up to which the client knows everything now.</returns>
    private async Task<long> ChangesAsync(EventWriter output, Caller caller, long after, bool unendedOnly, CancellationToken ct)
    {
        var upTo = await tasks.RevisionAsync(ct);
        while (after < upTo)
        {
            var page = await tasks.ListChangedAsync(after, upTo, caller.IsAdmin ? null : caller.ProjectId, unendedOnly, Page, ct);
            foreach (var task in page)
                Write(output, queue.Running.Now(task), task.Revision);
            if (page.Count < Page)
                return upTo;
            after = page[^1].Revision;
            await output.FlushAsync(ct);
        }

        return after;
    }

    private void Progress(EventWriter output, Caller caller, long at, Dictionary<Guid, TaskProgress> told)
    {
        var running = queue.Running.Begun();
        foreach (var task in running)
        {
            var progress = task.Meter.Read();
            if (!TaskCancellation.MaySee(task.Record!, caller) || told.GetValueOrDefault(task.Id, TaskProgress.None) == progress)
                continue;
            told[task.Id] = progress;
            Write(output, task.Record!.With(progress), at);
        }

        foreach (var ended in told.Keys.Except(running.Select(task => task.Id)).ToList())
            told.Remove(ended);
    }

    private void Write(EventWriter output, TaskRecord task, long id) =>
        output.Event("task", id, JsonSerializer.Serialize(views.View(task), ExtensionsJson.Default.TaskView));
}
