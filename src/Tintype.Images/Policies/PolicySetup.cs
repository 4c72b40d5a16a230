using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tintype.Images.Protections;
using Tintype.Platform.Policy;

namespace Tintype.Images.Policies;

internal static class PolicySetup
{
    public static IServiceCollection AddImagePolicies(this IServiceCollection services)
    {
        services.AddOptions<PolicyOptions>().BindConfiguration("Images").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(provider => ImageGovernance.Load(provider.GetRequiredService<IOptions<PolicyOptions>>().Value));
        services.AddSingleton(provider => provider.GetRequiredService<ImageGovernance>().Policies);
        services.AddSingleton(provider => provider.GetRequiredService<ImageGovernance>().Protections);
        return services;
    }
}

/// <summary>What the operator's two files say, which may refer from one to the other.</summary>
internal sealed record ImageGovernance(ImagePolicies Policies, PropertyProtections Protections)
{
    /// <exception cref="InvalidOperationException">One of the files is wrong; the message says where and how.</exception>
    public static ImageGovernance Load(PolicyOptions options)
    {
        var byPolicies = options.PropertyProtectionRuleFormat == PolicyOptions.ByPolicies;
        var sections = options.PropertyProtectionFile is { Length: > 0 } protections ? ProtectionFile.Read(Path.GetFullPath(protections), byPolicies) : [];
        var named = byPolicies ? ProtectionFile.PoliciesOf(sections) : [];

        var source = options.PolicyFile is { Length: > 0 } file ? Path.GetFullPath(file) : null;
        var rules = PolicySet.Compile(ImagePolicies.All, source is null ? [] : PolicyFile.Read(source), named, source ?? "");
        var unknown = named.FirstOrDefault(name => !rules.Knows(name));
        if (unknown is not null)
            throw new ProtectionException($"{options.PropertyProtectionFile} names the policy rule '{unknown}', which {source ?? "the policy, for which there is no file,"} does not have.");

        var policies = new ImagePolicies(rules);
        return new ImageGovernance(policies, byPolicies ? new PropertyProtections(sections, policies) : new PropertyProtections(sections));
    }
}

/// <summary>Section <c>Images</c>. The files are read once, at the start.</summary>
internal sealed class PolicyOptions
{
    public const string ByRoles = "roles";
    public const string ByPolicies = "policies";

    /// <summary>The operator's rules instead of the defaults, in oslo.policy's YAML or JSON.</summary>
    public string? PolicyFile { get; set; }

    /// <summary>Who may do what with which custom properties, as Glance's property_protection_file.</summary>
    public string? PropertyProtectionFile { get; set; }

    /// <summary>Whether that file names roles, or rules of the policy.</summary>
    [AllowedValues(ByRoles, ByPolicies, ErrorMessage = "Images:PropertyProtectionRuleFormat is one of roles, policies.")]
    public string PropertyProtectionRuleFormat { get; set; } = ByRoles;
}
