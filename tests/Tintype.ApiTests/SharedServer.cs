using Tintype.TestSupport;
using Xunit;

[assembly: AssemblyFixture(typeof(Tintype.ApiTests.SharedServer))]

namespace Tintype.ApiTests;

/// <summary>One server for all tests that neither stop it nor need settings of their own. What a test makes, it names uniquely.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    private readonly TemporaryDirectory _data = new();

    public TintypeServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await TintypeServer.StartAsync(_data.Combine("data"));

    public Task<ApiClient> SignInAsync(string cloud) => ApiClient.SignInAsync(Server, cloud);

    /// <summary>A name that no other test uses.</summary>
    public static string Unique(string prefix) => $"{prefix}-{Guid.NewGuid().ToString("N")[..8]}";

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _data.Dispose();
    }
}
