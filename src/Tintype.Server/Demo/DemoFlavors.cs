using Tintype.Compute.Flavors;

namespace Tintype.Server.Demo;

/// <summary>Sizes from the smallest that the demo image runs in; emulated guests beside each other on a laptop are what they are for.</summary>
internal sealed class DemoFlavors(FlavorCatalog flavors)
{
    private static readonly (string Name, int Memory, int Vcpus, int Disk)[] _sizes =
    [
        ("t1.tiny", 256, 1, 1),
        ("t1.small", 512, 1, 5),
        ("t1.medium", 1024, 1, 10),
        ("t1.large", 2048, 2, 20),
        ("t1.xlarge", 4096, 4, 40),
    ];

    public async Task MakeAsync(CancellationToken ct)
    {
        foreach (var (name, memory, vcpus, disk) in _sizes)
            await flavors.EnsureAsync(name, memory, vcpus, disk, ct);
    }
}
