using Tintype.Platform.Http;

namespace Tintype.Compute.Flavors;

/// <summary>The flavors of this cloud.</summary>
public sealed class FlavorCatalog
{
    private readonly FlavorRepository _flavors;
    private readonly TimeProvider _time;

    internal FlavorCatalog(FlavorRepository flavors, TimeProvider time)
    {
        _flavors = flavors;
        _time = time;
    }

    public Task<Flavor?> FindAsync(string id, CancellationToken ct) => _flavors.FindAsync(id, ct);

    public Task<IReadOnlyList<Flavor>> ListAsync(CancellationToken ct) => _flavors.ListAsync(ct);

    /// <summary>Makes a public flavor of this name unless there is one already: for the cloud's first start.</summary>
    /// <param name="memory">MiB.</param>
    /// <param name="disk">GiB.</param>
    public async Task EnsureAsync(string name, int memory, int vcpus, int disk, CancellationToken ct) =>
        await _flavors.InsertAsync(new Flavor(Guid.NewGuid().ToString(), name, memory, vcpus, disk, true, null, _time.GetUtcNow()), ct);

    /// <exception cref="Fault">409: the name or the id is taken.</exception>
    public async Task<Flavor> CreateAsync(NewFlavor asked, CancellationToken ct)
    {
        var flavor = new Flavor(asked.Id ?? Guid.NewGuid().ToString(), asked.Name, asked.Memory, asked.Vcpus, asked.Disk, asked.IsPublic,
            asked.Description, _time.GetUtcNow());
        var taken = await _flavors.InsertAsync(flavor, ct);
        if (taken is not null)
            throw Fault.Conflict(taken.Id == flavor.Id
                ? $"Flavor with ID {flavor.Id} already exists."
                : $"Flavor with name {flavor.Name} already exists.");
        return flavor;
    }

    /// <returns>False when there is no such flavor.</returns>
    public Task<bool> DescribeAsync(string id, string? description, CancellationToken ct) => _flavors.DescribeAsync(id, description, ct);

    /// <summary>Servers keep the sizes that they were made with.</summary>
    /// <returns>False when there is no such flavor.</returns>
    public Task<bool> DeleteAsync(string id, CancellationToken ct) => _flavors.DeleteAsync(id, ct);
}

/// <param name="Id">Null: a UUID is given.</param>
/// <param name="Memory">MiB.</param>
/// <param name="Disk">GiB.</param>
public sealed record NewFlavor(string Name, string? Id, int Memory, int Vcpus, int Disk, bool IsPublic, string? Description);
