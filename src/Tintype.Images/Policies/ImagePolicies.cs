using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Policies;

/// <summary>
/// Asks the rules of <see cref="ImagePolicy"/> and <see cref="MetadefPolicy"/>, as the operator has them. That a caller sees an image at
/// all is for <see cref="ImageRules"/> to say first.
/// </summary>
internal sealed class ImagePolicies(PolicySet rules)
{
    public static IReadOnlyList<PolicyRule> All { get; } = [.. ImagePolicy.All, .. MetadefPolicy.All];

    /// <summary>Without a policy file.</summary>
    public static ImagePolicies Defaults { get; } = new(PolicySet.Compile(All, [], [], ""));

    /// <summary>Who sees and may do what others may not, whatever else the rules say.</summary>
    public bool IsAdmin(Caller caller) => Allows(ImagePolicy.ContextIsAdmin, caller);

    /// <summary>A rule that is about the caller, or about what the caller does in the own project.</summary>
    public bool Allows(PolicyRule rule, Caller caller) => rules.Allows(rule, caller, new ProjectTarget(caller.ProjectId));

    /// <param name="member">The project of the offer that is meant; left out, the caller's own, if the image came to be seen by one.</param>
    public bool Allows(PolicyRule rule, Caller caller, ImageRecord image, string? member = null) =>
        rules.Allows(rule, caller, new ImageTarget(image, member ?? Offered(image, caller)));

    /// <param name="owner">Of the namespace; the caller's project where there is none yet.</param>
    /// <param name="visibility">public or private; null where no single namespace is meant.</param>
    public bool Allows(PolicyRule rule, Caller caller, string owner, string? visibility) =>
        rules.Allows(rule, caller, new NamespaceTarget(owner, visibility));

    /// <summary>A rule that another file of the operator's names, perhaps one of the operator's own. It judges the caller alone.</summary>
    public bool Allows(string rule, Caller caller) => rules.Allows(rule, caller, NoTarget.Instance);

    /// <exception cref="Fault">403, with the rule's name.</exception>
    public void Require(PolicyRule rule, Caller caller)
    {
        if (!Allows(rule, caller))
            throw Fault.NotAuthorized(rule.Name);
    }

    /// <exception cref="Fault">403, with the rule's name; also where the image must be hidden, which is decided before.</exception>
    public void Require(PolicyRule rule, Caller caller, ImageRecord image, string? member = null)
    {
        if (!Allows(rule, caller, image, member))
            throw Fault.NotAuthorized(rule.Name);
    }

    /// <summary>To give an image a visibility that others come to feel takes a rule of its own.</summary>
    /// <exception cref="Fault">403.</exception>
    public void RequireVisibility(ImageVisibility visibility, Caller caller, ImageRecord image)
    {
        if (visibility == ImageVisibility.Public)
            Require(ImagePolicy.PublicizeImage, caller, image);
        else if (visibility == ImageVisibility.Community)
            Require(ImagePolicy.CommunitizeImage, caller, image);
    }

    private static string? Offered(ImageRecord image, Caller caller) =>
        image.Visibility == ImageVisibility.Shared && !ImageRules.Owns(image, caller) ? caller.ProjectId : null;
}
