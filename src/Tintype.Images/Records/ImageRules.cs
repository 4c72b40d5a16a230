using Tintype.Images.Policies;
using Tintype.Platform.Policy;

namespace Tintype.Images.Records;

/// <summary>What one may do to an image; each has its policy rule.</summary>
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

/// <summary>
/// Who may do what to an image: whether a project comes to see it at all, which no policy changes, and then the operator's policy.
/// </summary>
internal sealed class ImageRules(ImagePolicies policies)
{
    /// <param name="isMember">Whether the image is offered to the caller's project; whatever became of the offer.</param>
    public ImageVerdict Decide(ImageAction action, ImageRecord image, Caller caller, bool isMember)
    {
        if (!IsVisible(image, caller, isMember))
            return ImageVerdict.Hidden;
        if (policies.Allows(Rule(action), caller, image))
            return ImageVerdict.Allowed;
        return action != ImageAction.Show && policies.Allows(ImagePolicy.GetImage, caller, image) ? ImageVerdict.Forbidden : ImageVerdict.Hidden;
    }

    /// <summary>By id, which is more than a list shows: a project sees what it was offered before it has accepted, or after it has declined.</summary>
    public bool Sees(ImageRecord image, Caller caller, bool isMember) => Decide(ImageAction.Show, image, caller, isMember) == ImageVerdict.Allowed;

    /// <summary>Whether the image and the caller's project have anything to do with each other, before any policy is asked.</summary>
    public bool IsVisible(ImageRecord image, Caller caller, bool isMember) => Owns(image, caller) || image.Visibility switch
    {
        ImageVisibility.Public or ImageVisibility.Community => true,
        // Offers are kept when an image leaves "shared", but they give nothing until it is shared again.
        ImageVisibility.Shared when isMember => true,
        _ => policies.IsAdmin(caller),
    };

    public static bool Owns(ImageRecord image, Caller caller) => image.Owner.Length > 0 && image.Owner == caller.ProjectId;

    /// <summary>The rule's name in Glance's policy, as its refusals quote it.</summary>
    public static string Name(ImageAction action) => Rule(action).Name;

    private static PolicyRule Rule(ImageAction action) => action switch
    {
        ImageAction.Show => ImagePolicy.GetImage,
        ImageAction.Modify or ImageAction.Tag => ImagePolicy.ModifyImage,
        ImageAction.Delete => ImagePolicy.DeleteImage,
        ImageAction.Upload => ImagePolicy.UploadImage,
        ImageAction.Download => ImagePolicy.DownloadImage,
        ImageAction.Publicize => ImagePolicy.PublicizeImage,
        ImageAction.Communitize => ImagePolicy.CommunitizeImage,
        ImageAction.Deactivate => ImagePolicy.Deactivate,
        ImageAction.Reactivate => ImagePolicy.Reactivate,
        ImageAction.DeleteCopy => ImagePolicy.DeleteImageLocation,
        ImageAction.CopyToStore => ImagePolicy.CopyImage,
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "An action without a policy rule."),
    };
}
