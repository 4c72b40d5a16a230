using System.Text;
using Tintype.Identity;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Tintype.Server.Demo;

/// <summary>
/// The text of a clouds.yaml. It is the only place where the demo users' passwords can be read, and its user may edit it: a change
/// touches the one value it is about, and comments, order and further clouds stay as they are.
/// </summary>
internal sealed class CloudsYaml
{
    private readonly YamlMappingNode? _clouds;

    private CloudsYaml(string text, YamlMappingNode? clouds)
    {
        Text = text;
        _clouds = clouds;
    }

    public string Text { get; }

    /// <exception cref="FormatException">The text is not YAML; the message says where.</exception>
    public static CloudsYaml Parse(string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException malformed)
        {
            throw new FormatException($"line {malformed.Start.Line}, column {malformed.Start.Column}: {malformed.Message}", malformed);
        }

        return new CloudsYaml(text, stream.Documents is [var document, ..] ? Member(document.RootNode, "clouds") as YamlMappingNode : null);
    }

    /// <summary>A new file for <paramref name="users"/>.</summary>
    /// <param name="passwords">By the name of the cloud.</param>
    public static CloudsYaml Create(IEnumerable<DemoUser> users, IReadOnlyDictionary<string, string> passwords, string authUrl)
    {
        var text = new StringBuilder("""
            # How the openstack client reaches this Tintype, and the only place that has the passwords of the demo users.
            # Each start of the server sets auth_url; everything else is yours to change.
            clouds:

            """);
        foreach (var user in users)
        {
            text.Append($"""
                  {user.Cloud}:
                    auth_type: password
                    auth:
                      auth_url: {authUrl}
                      username: {user.User}
                      password: {passwords[user.Cloud]}
                      project_name: {user.Project}
                      user_domain_name: {IdentitySeed.DomainName}
                      project_domain_name: {IdentitySeed.DomainName}
                    region_name: {IdentitySeed.Region}
                    identity_api_version: 3

                """);
        }

        return Parse(text.ToString());
    }

    public bool Has(string cloud) => Auth(cloud) is not null;

    /// <summary>The password of a cloud; null if the file has none.</summary>
    public string? PasswordOf(string cloud) => (Member(Auth(cloud), "password") as YamlScalarNode)?.Value;

    public CloudsYaml WithPassword(string cloud, string password) => With(cloud, "password", password);

    public CloudsYaml WithAuthUrl(string cloud, string authUrl) => With(cloud, "auth_url", authUrl);

    private CloudsYaml With(string cloud, string member, string value)
    {
        if (Member(Auth(cloud), member) is not YamlScalarNode old || old.Value == value)
            return this;
        return Parse(string.Concat(Text.AsSpan(0, (int)old.Start.Index), value, Text.AsSpan((int)old.End.Index)));
    }

    private YamlNode? Auth(string cloud) => Member(Member(_clouds, cloud), "auth");

    private static YamlNode? Member(YamlNode? node, string name) =>
        node is YamlMappingNode mapping && mapping.Children.TryGetValue(new YamlScalarNode(name), out var value) ? value : null;
}
