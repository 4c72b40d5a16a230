using System.Globalization;
using Microsoft.AspNetCore.Http;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Platform.Tasks;

/// <summary>The query of the list of tasks: <c>?kind=snapshot&amp;kind=image-import&amp;state=running&amp;subject=ID&amp;limit=10&amp;marker=ID</c>.</summary>
internal static class TaskListRequest
{
    private const int DefaultLimit = 100;
    private const int MaximumLimit = 1000;

    /// <exception cref="Fault">400: a value is none of those that it can have; the sentence says which these are.</exception>
    public static TaskQuery Parse(IQueryCollection query, Caller caller) =>
        new([.. Values(query, "kind")], [.. Values(query, "state").Select(StateOf)], IdOf(query, "marker"), LimitOf(query), OldestFirst: false)
        {
            ProjectId = caller.IsAdmin ? null : caller.ProjectId,
            SubjectId = IdOf(query, "subject"),
        };

    private static IEnumerable<string> Values(IQueryCollection query, string name) => query[name].Where(value => !string.IsNullOrEmpty(value)).Select(value => value!);

    private static TaskState StateOf(string word)
    {
        foreach (var state in Enum.GetValues<TaskState>())
        {
            if (TaskRepository.Word(state) == word)
                return state;
        }

        throw Fault.BadRequest($"A task's state is one of {string.Join(", ", Enum.GetValues<TaskState>().Select(TaskRepository.Word))}, not '{word}'.");
    }

    private static Guid? IdOf(IQueryCollection query, string name) => Single(query, name) is not { } text ? null
        : Guid.TryParse(text, out var id) ? id : throw Fault.BadRequest($"'{name}' must be an id, not '{text}'.");

    private static int LimitOf(IQueryCollection query) => Single(query, "limit") is not { } text ? DefaultLimit
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= MaximumLimit ? limit
        : throw Fault.BadRequest($"'limit' must be a number from 1 to {MaximumLimit}, not '{text}'.");

    private static string? Single(IQueryCollection query, string name) => Values(query, name).ToList() switch
    {
        [] => null,
        [var one] => one,
        _ => throw Fault.BadRequest($"'{name}' may be given once."),
    };
}
