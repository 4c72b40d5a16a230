using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tintype.Platform.Policy;

namespace Tintype.Images.Policies;

internal static class PolicySetup
{
    public static IServiceCollection AddImagePolicies(this IServiceCollection services)
    {
        services.AddOptions<PolicyOptions>().BindConfiguration("Images");
        services.AddSingleton(provider => new ImagePolicies(Load(provider.GetRequiredService<IOptions<PolicyOptions>>().Value)));
        return services;
    }

    private static PolicySet Load(PolicyOptions options)
    {
        var overrides = options.PolicyFile is { Length: > 0 } file ? PolicyFile.Read(Path.GetFullPath(file)) : [];
        return PolicySet.Compile(ImagePolicies.All, overrides, [], options.PolicyFile ?? "");
    }
}

/// <summary>Section <c>Images</c>.</summary>
internal sealed class PolicyOptions
{
    /// <summary>The operator's rules instead of the defaults, in oslo.policy's YAML or JSON. Read once, at the start.</summary>
    public string? PolicyFile { get; set; }
}
