namespace Tintype.Images.Metadefs;

/// <summary>An order of rows and the place in it after which a page begins. The time of creation and the id break ties, in the same direction.</summary>
/// <param name="Column">What to sort by; an expression over the table's own columns that is never NULL.</param>
internal sealed record Keyset(string Column, bool Descending)
{
    private string[] Columns { get; } = [.. new[] { Column, "created_at", "id" }.Distinct()];

    public string OrderBy => string.Join(", ", Columns.Select(column => $"{column} {(Descending ? "DESC" : "ASC")}"));

    /// <summary>The condition that a row comes after that with the id <c>@marker</c>.</summary>
    public string After(string table)
    {
        var columns = string.Join(", ", Columns);
        return $"({columns}) {(Descending ? '<' : '>')} (SELECT {columns} FROM {table} WHERE id = @marker)";
    }
}
