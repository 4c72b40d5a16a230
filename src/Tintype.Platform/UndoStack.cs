using Microsoft.Extensions.Logging;

namespace Tintype.Platform;

/// <summary>
/// The undo of a piece of multi-step work: on disposal every pushed step runs, newest first, unless <see cref="Commit"/> was
/// called. A step that fails is logged and does not keep the others from running; start-up recovery finishes what a crash left.
/// </summary>
public sealed partial class UndoStack(ILogger log) : IAsyncDisposable
{
    private readonly Stack<(string What, Func<Task> Undo)> _steps = new();

    /// <param name="what">What the step does, for the log.</param>
    /// <param name="undo">Must not depend on the request's cancellation.</param>
    public void Push(string what, Func<Task> undo) => _steps.Push((what, undo));

    public void Commit() => _steps.Clear();

    public async ValueTask DisposeAsync()
    {
        while (_steps.TryPop(out var step))
        {
            try
            {
                await step.Undo();
            }
#pragma warning disable CA1031 // Every other step must still run; the failure is logged.
            catch (Exception failed)
#pragma warning restore CA1031
            {
                LogFailed(log, failed, step.What);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Error, "Undoing failed: {What}")]
    private static partial void LogFailed(ILogger log, Exception exception, string what);
}
