using System.Diagnostics;
using System.Net;
using Tintype.TestSupport.Peer;
using Xunit;

namespace Tintype.ApiTests.Compat;

/// <summary>The real Glance beside us, with keystonemiddleware between it and our identity service.</summary>
public sealed class GlanceServerTests(SharedServer shared)
{
    [Fact]
    public async Task The_real_Glance_takes_tokens_of_ours_and_leaves_nothing_behind()
    {
        var glance = await GlanceServer.StartAsync(new GlanceSettings { Stores = ["one", "two"], Workers = 2 }, shared.Server);
        IReadOnlyList<int> pids;
        await using (glance)
        {
            pids = glance.Pids;
            using var ours = await shared.SignInAsync("tintype");
            using var http = new HttpClient { BaseAddress = glance.Address };
            async Task<HttpResponseMessage> ListAsync(string token)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/v2/images") { Headers = { { "X-Auth-Token", token } } };
                return await http.SendAsync(request);
            }

            using var good = await ListAsync(ours.Token!);
            using var bad = await ListAsync(ours.Token![..^1]);

            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (good.StatusCode, bad.StatusCode));
        }

        Assert.Equal(3, pids.Count);
        Assert.All(pids, pid => Assert.DoesNotContain(Process.GetProcesses(), process => process.Id == pid));
    }
}
