using Tintype.TestSupport;
using Xunit;

namespace Tintype.ApiTests.Compat;

/// <summary>
/// The image tests of OpenStack's own clients, as Debian's packages have them: of openstacksdk (its image service, and its cloud layer above),
/// of python-openstackclient and of glanceclient. Each package has its tests. Those of the Images API v1, which Glance itself dropped
/// long before the release that Debian has, are passed over by openstackclient; glanceclient's do not look first, and are left out.
/// </summary>
public sealed class ClientSuiteTests
{
    private const string NoV1 = "No Image v1 API present";

    // It never asks the service: it looks for a heading in the client's help, which Python words otherwise since 3.10.
    private const string HelpTest = "glanceclient.tests.functional.v2.test_readonly_glance.SimpleReadOnlyGlanceClientTest.test_help";
    private const string HelpFailure = "ValueError: 'Optional arguments:' is not in list";

    /// <summary>All at once, on one server: most of their time is that of starting Python, and one of them sleeps for half a minute.</summary>
    [Fact]
    public async Task Their_tests_of_images_pass()
    {
        using var data = new TemporaryDirectory();
        await using var server = await TintypeServer.StartAsync(data.Combine("data"));
        await ClientSuites.PrepareAsync(server);

        var results = await Task.WhenAll(
            ClientSuites.RunAsync(server, "openstack/tests/functional/image"),
            ClientSuites.RunAsync(server, "openstack/tests/functional/cloud", "functional.cloud.test_image"),
            ClientSuites.RunAsync(server, "openstackclient/tests/functional/image"),
            ClientSuites.RunAsync(server, "glanceclient/tests/functional/v2"));

        var (sdk, cloud, client, glance) = (results[0], results[1], results[2], results[3]);
        AssertPassed(sdk, atLeast: 7);
        AssertPassed(cloud, atLeast: 7);
        AssertPassed(client, atLeast: 7, skipped: [
            ("openstackclient.tests.functional.image.v1.test_image.ImageTests.test_image_attributes", NoV1),
            ("openstackclient.tests.functional.image.v1.test_image.ImageTests.test_image_list", NoV1)]);
        AssertPassed(glance, atLeast: 6, failed: [HelpTest]);
        Assert.Contains(HelpFailure, glance.Output, StringComparison.Ordinal);
    }

    /// <summary>That many passed, and nothing but what is named was passed over or failed.</summary>
    private static void AssertPassed(TempestResult result, int atLeast, (string Name, string Reason)[]? skipped = null, string[]? failed = null)
    {
        Assert.True(result.Failed.SequenceEqual(failed ?? []) && result.Passed.Count >= atLeast, result.Output);
        Assert.Equal((skipped ?? []).OrderBy(s => s.Name, StringComparer.Ordinal), result.Skipped.Select(s => (s.Key, s.Value)).OrderBy(s => s.Key, StringComparer.Ordinal));
    }
}
