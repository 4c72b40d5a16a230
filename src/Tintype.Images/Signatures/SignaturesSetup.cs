using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Tintype.Images.Signatures;

internal static class SignaturesSetup
{
    public static IServiceCollection AddImageSignatures(this IServiceCollection services)
    {
        services.AddOptions<SignatureOptions>().BindConfiguration("Images").ValidateOnStart();
        services.AddSingleton<IValidateOptions<SignatureOptions>, SignatureOptionsCheck>();
        services.AddSingleton<ICertificateSource, CertificateFolder>();
        services.AddSingleton<ImageSignatures>();
        return services;
    }
}
