using Tintype.Platform.Policy;

namespace Tintype.Images.Records;

/// <summary>What one may do to an image, by the names that the refusals quote.</summary>
internal enum ImageAction
{
    Show,
    Modify,
    Tag,
    Delete,
    Upload,
    Download,
    Publicize,
    Communitize,
    Deactivate,
    Reactivate,
    DeleteCopy,
    CopyToStore,
}

internal enum ImageVerdict
{
    Allowed,

    /// <summary>The caller sees the image, and may not do this to it: 403.</summary>
    Forbidden,

    /// <summary>The caller must not learn that the image exists: 404.</summary>
    Hidden,
}

/// <summary>Who may do what to an image: Glance's default policies (its policies/image.py) together with its rule of visibility.</summary>
internal static class ImageRules
{
    /// <param name="isMember">Whether the image is offered to the caller's project; whatever became of the offer.</param>
    public static ImageVerdict Decide(ImageAction action, ImageRecord image, Caller caller, bool isMember)
    {
        if (!Sees(image, caller, isMember))
            return ImageVerdict.Hidden;
        return Permits(action, image, caller) ? ImageVerdict.Allowed : ImageVerdict.Forbidden;
    }

    /// <summary>By id, which is more than a list shows: a project sees what it was offered before it has accepted, or after it has declined.</summary>
    public static bool Sees(ImageRecord image, Caller caller, bool isMember)
    {
        if (caller.IsAdmin)
            return true;
        if (!caller.Has("reader"))
            return false;
        return Owns(image, caller) || image.Visibility switch
        {
            ImageVisibility.Public or ImageVisibility.Community => true,
            // Offers are kept when an image leaves "shared", but they give nothing until it is shared again.
            ImageVisibility.Shared => isMember,
            _ => false,
        };
    }

    public static bool Owns(ImageRecord image, Caller caller) => image.Owner.Length > 0 && image.Owner == caller.ProjectId;

    private static bool Permits(ImageAction action, ImageRecord image, Caller caller) => caller.IsAdmin || action switch
    {
        ImageAction.Show => true,
        // Whoever sees it may read its data, but for mere readers.
        ImageAction.Download => caller.IsMember,
        ImageAction.Publicize or ImageAction.DeleteCopy or ImageAction.CopyToStore => false,
        _ => caller.IsMember && Owns(image, caller),
    };

    /// <summary>The rule's name in Glance's policy, as its refusals quote it.</summary>
    public static string Name(ImageAction action) => action switch
    {
        ImageAction.Show => "get_image",
        ImageAction.Modify or ImageAction.Tag => "modify_image",
        ImageAction.Delete => "delete_image",
        ImageAction.Upload => "upload_image",
        ImageAction.Download => "download_image",
        ImageAction.Publicize => "publicize_image",
        ImageAction.Communitize => "communitize_image",
        ImageAction.Deactivate => "deactivate",
        ImageAction.Reactivate => "reactivate",
        ImageAction.DeleteCopy => "delete_image_location",
        ImageAction.CopyToStore => "copy_image",
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "An action without a policy rule."),
    };
}
