using System.Net;
using System.Text.Json;
using Tintype.GuestTests.Snapshots;
using Xunit;

namespace Tintype.GuestTests.Faults;

/// <summary>A snapshot that was asked for, and that a fault may meet.</summary>
/// <param name="Since">How far the guest had written before.</param>
/// <param name="Answer">The image's id if the server accepted it; null if the server was gone before it could, or refused.</param>
public sealed record SnapshotAttempt(string Name, Task<int> Since, Task<string?> Answer)
{
    private const int Accepted = (int)HttpStatusCode.Accepted;

    internal static SnapshotAttempt Begin(FaultLab lab, string name)
    {
        var since = lab.CountAsync();
        return new SnapshotAttempt(name, since, AskAsync());

        async Task<string?> AskAsync()
        {
            await since;
            try
            {
                using var answer = await lab.Cloud.TryCreateImageAsync(lab.Instance, name);
                var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                if ((int)answer.StatusCode == Accepted)
                    return JsonDocument.Parse(body).RootElement.GetProperty("image_id").GetString();
                Assert.True((int)answer.StatusCode is 409 or 500 or 503 or 507, $"{name}: {(int)answer.StatusCode} {body}");
                return null;
            }
            catch (HttpRequestException)
            {
                // The server was killed meanwhile.
                return null;
            }
        }
    }

    /// <summary>Its task; null if there is none.</summary>
    internal async Task<JsonElement?> FindTaskAsync(FaultLab lab)
    {
        var found = (await lab.Cloud.GetAsync($"/tintype/v1/tasks?kind=snapshot&subject={lab.Instance}&limit=1")).GetProperty("tasks");
        return found.GetArrayLength() == 0 ? null : found[0];
    }

    /// <summary>Waits until it has come to one end or the other, and returns its image if there is one.</summary>
    internal async Task<JsonElement?> EndAsync(FaultLab lab)
    {
        await Answer;
        await Cloud.UntilAsync(() => lab.Cloud.TaskStateAsync(lab.Instance), state => state is null);
        return (await lab.Cloud.SnapshotsOfAsync(lab.Instance)).Where(image => image.GetProperty("name").GetString() == Name).Select(image => (JsonElement?)image).SingleOrDefault();
    }
}
