namespace Tintype.Platform.Tasks;

/// <summary>
/// Where work tells how far it is. It costs next to nothing, so it may be told of each block: users see it at once, and the database is
/// written by the clock.
/// </summary>
public interface ITaskProgress
{
    /// <summary>Begins a step, whose bytes are counted from zero.</summary>
    /// <param name="word">What is being done, for the user: <c>copying</c>.</param>
    /// <param name="share">How much of the percent that are left the step is; 0 for one that takes next to no time.</param>
    void Step(string word, double share = 1);

    /// <param name="done">Bytes of the step.</param>
    /// <param name="total">Null if nobody knows.</param>
    void Report(long done, long? total);
}
