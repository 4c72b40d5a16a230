using Tintype.Images.Records;

namespace Tintype.Images.Import;

/// <summary>The properties by which an image tells of its import, with Glance's names: clients wait for them.</summary>
internal static class ImportMarks
{
    /// <summary>The task that imports. While it is there no other import begins.</summary>
    public const string Task = "os_glance_import_task";

    private const string Importing = "os_glance_importing_to_stores";
    private const string Failed = "os_glance_failed_import";

    public static bool IsHeldBy(ImageRecord image, Guid task) => image.Properties.GetValueOrDefault(Task) == task.ToString();

    public static ImageRecord Begin(ImageRecord image, Guid task, IEnumerable<string> stores) =>
        Set(Set(Set(image, Task, task.ToString()), Importing, Join(stores)), Failed, Join(Names(image, Failed).Except(stores)));

    /// <summary>Marked as held by a task that fills no stores.</summary>
    public static ImageRecord Hold(ImageRecord image, Guid task) => Set(image, Task, task.ToString());

    public static ImageRecord Done(ImageRecord image, string store) => Set(image, Importing, Join(Names(image, Importing).Where(name => name != store)));

    public static ImageRecord Fail(ImageRecord image, IEnumerable<string> stores) =>
        Set(Set(image, Importing, Join(Names(image, Importing).Except(stores))), Failed, Join(Names(image, Failed).Union(stores)));

    public static ImageRecord End(ImageRecord image) => Set(image, Task, null);

    private static string[] Names(ImageRecord image, string property) =>
        image.Properties.TryGetValue(property, out var names) ? names.Split(',', StringSplitOptions.RemoveEmptyEntries) : [];

    private static string Join(IEnumerable<string> names) => string.Join(',', names.Order(StringComparer.Ordinal));

    private static ImageRecord Set(ImageRecord image, string property, string? value) =>
        image with { Properties = image.Properties.With(new Dictionary<string, string?> { [property] = value }) };
}
