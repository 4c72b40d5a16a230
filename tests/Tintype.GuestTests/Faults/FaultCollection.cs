using Xunit;

namespace Tintype.GuestTests.Faults;

/// <summary>One guest for all faults that leave it as it was.</summary>
public sealed class FaultLabFixture : IAsyncLifetime
{
    public FaultLab Lab { get; private set; } = null!;

    // Whatever nothing needs goes at once: if something did, it would be missed.
    public async ValueTask InitializeAsync() => Lab = await FaultLab.StartAsync(null, "--Images:Chunks:Collection:GracePeriod=00:00:00");

    public ValueTask DisposeAsync() => Lab.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class FaultCollection : ICollectionFixture<FaultLabFixture>
{
    public const string Name = "Faults";
}
