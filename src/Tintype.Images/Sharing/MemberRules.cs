using Tintype.Images.Policies;
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
/// Who may do what with the offers of a shared image that they see. By the default policy the owner offers and withdraws, the project
/// that was offered the image answers; neither does the other's part.
/// </summary>
internal sealed class MemberRules(ImagePolicies policies)
{
    /// <param name="member">The project of the offer that is meant; null where no single one is.</param>
    public bool Permits(MemberAction action, ImageRecord image, Caller caller, string? member) =>
        // To offer or withdraw, what counts is how the caller came to see the image, not to whom it is offered.
        policies.Allows(Rule(action), caller, image, action is MemberAction.Show or MemberAction.Answer ? member : null);

    /// <summary>A project that was offered the image sees its own offer alone; to it the others do not exist, whatever the policy.</summary>
    public bool Sees(ImageRecord image, Caller caller, string member) =>
        (caller.ProjectId == member || ImageRules.Owns(image, caller) || policies.IsAdmin(caller)) && Permits(MemberAction.Show, image, caller, member);

    /// <summary>The rule's name in Glance's policy, as its refusals quote it.</summary>
    public static string Name(MemberAction action) => Rule(action).Name;

    private static PolicyRule Rule(MemberAction action) => action switch
    {
        MemberAction.Offer => ImagePolicy.AddMember,
        MemberAction.Withdraw => ImagePolicy.DeleteMember,
        MemberAction.Answer => ImagePolicy.ModifyMember,
        MemberAction.List => ImagePolicy.GetMembers,
        _ => ImagePolicy.GetMember,
    };
}

/// <summary>The words of the Images API for what a project has made of an offer, also those of the database.</summary>
internal static class MemberWords
{
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
