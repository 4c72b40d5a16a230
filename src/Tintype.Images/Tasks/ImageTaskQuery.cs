using System.Globalization;
using System.Numerics;
using Microsoft.AspNetCore.Http;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Platform.Tasks;

namespace Tintype.Images.Tasks;

/// <summary>The query of a list of tasks: <c>?status=success&amp;limit=10&amp;marker=ID&amp;sort_dir=asc</c>.</summary>
internal sealed record ImageTaskQuery(IReadOnlyList<TaskState> States, Guid? Marker, int Limit, bool OldestFirst)
{
    private const int DefaultLimit = 25;
    private const int MaximumLimit = 1000;

    /// <exception cref="Fault">400.</exception>
    public static ImageTaskQuery Parse(IQueryCollection query)
    {
        var type = query["type"].ToString();
        if (type.Length > 0 && type != "import")
            throw Fault.BadRequest($"Invalid type value: {type}");
        var key = query["sort_key"].ToString();
        if (key is not ("" or "created_at" or "id" or "updated_at" or "status" or "type" or "expires_at"))
            throw Fault.BadRequest($"Sort key supplied is invalid: {key}");
        return new ImageTaskQuery(StatesOf(query["status"].ToString()), MarkerOf(query["marker"].ToString()), LimitOf(query["limit"].ToString()), IsOldestFirst(query["sort_dir"].ToString()));
    }

    private static TaskState[] StatesOf(string word) => word switch
    {
        "" => [],
        "pending" => [TaskState.Pending],
        "processing" => [TaskState.Running],
        "success" => [TaskState.Success],
        "failure" => [TaskState.Failure, TaskState.Cancelled],
        _ => throw Fault.BadRequest($"Invalid status value: {word}"),
    };

    private static Guid? MarkerOf(string marker) => marker.Length == 0 ? null : ImageId.Find(marker) ?? throw Fault.BadRequest("Invalid marker format");

    private static int LimitOf(string limit)
    {
        if (limit.Length == 0)
            return DefaultLimit;
        if (!BigInteger.TryParse(limit, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            throw Fault.BadRequest("limit param must be an integer");
        return number < 0 ? throw Fault.BadRequest("limit param must be positive") : (int)BigInteger.Min(number, MaximumLimit);
    }

    private static bool IsOldestFirst(string direction) => direction switch
    {
        "" or "desc" => false,
        "asc" => true,
        _ => throw Fault.BadRequest($"Invalid sort direction: {direction}"),
    };
}
