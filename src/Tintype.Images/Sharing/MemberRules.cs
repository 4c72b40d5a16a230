using Tintype.Images.Records;
using Tintype.Platform.Policy;

namespace Tintype.Images.Sharing;

internal enum MemberStatus
{
    Pending,
    Accepted,
    Rejected,
}

internal enum MemberAction
{
    List,
    Show,
    Offer,
    Withdraw,
    Answer,
}

/// <summary>
/// Who may do what with the offers of a shared image that they see: Glance's default policies for members. The owner offers and
/// withdraws, the project that was offered the image answers; neither does the other's part.
/// </summary>
internal static class MemberRules
{
    /// <param name="member">The project of the offer that is meant; null where no single one is.</param>
    public static bool Permits(MemberAction action, ImageRecord image, Caller caller, string? member) => caller.IsAdmin || action switch
    {
        MemberAction.Answer => caller.IsMember && caller.ProjectId == member,
        MemberAction.Offer or MemberAction.Withdraw => caller.IsMember && ImageRules.Owns(image, caller),
        // Whoever sees a shared image is its owner, or was offered it.
        _ => true,
    };

    /// <summary>A project that was offered the image sees its own offer alone; to it the others do not exist.</summary>
    public static bool Sees(ImageRecord image, Caller caller, string member) =>
        caller.IsAdmin || ImageRules.Owns(image, caller) || caller.ProjectId == member;

    /// <summary>The rule's name in Glance's policy, as its refusals quote it.</summary>
    public static string Name(MemberAction action) => action switch
    {
        MemberAction.Offer => "add_member",
        MemberAction.Withdraw => "delete_member",
        MemberAction.Answer => "modify_member",
        MemberAction.List => "get_members",
        _ => "get_member",
    };

    /// <summary>Null for a word that is no status.</summary>
    public static MemberStatus? Status(string word) => word switch
    {
        "pending" => MemberStatus.Pending,
        "accepted" => MemberStatus.Accepted,
        "rejected" => MemberStatus.Rejected,
        _ => null,
    };

    public static string Word(this MemberStatus status) => status.ToString().ToLowerInvariant();
}
