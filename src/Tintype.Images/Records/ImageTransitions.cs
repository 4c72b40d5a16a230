using static Tintype.Images.Records.ImageStatus;

namespace Tintype.Images.Records;

/// <summary>The life cycle as Glance has it: which state may follow which.</summary>
internal static class ImageTransitions
{
    public static bool Allows(ImageStatus from, ImageStatus to) => (from, to) switch
    {
        (Queued, Saving or Uploading or Importing or Active) => true,
        (Saving, Active or Queued) => true,
        (Uploading, Importing or Queued) => true,
        (Importing, Active or Queued) => true,
        (Active, Deactivated) or (Deactivated, Active) => true,
        (not Deleted, Deleted) => true,
        _ => false,
    };

    /// <summary>Whether the formats may still be changed: once there is data, they describe it.</summary>
    public static bool FormatsMayChange(ImageStatus status) => status is Queued or Importing;
}
