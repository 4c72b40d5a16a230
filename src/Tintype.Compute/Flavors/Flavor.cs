namespace Tintype.Compute.Flavors;

/// <summary>A size that servers come in.</summary>
/// <param name="Id">Nova's flavorid: a UUID, or any word that the operator chose.</param>
/// <param name="Memory">MiB.</param>
/// <param name="Disk">GiB; 0 means as large as the image.</param>
public sealed record Flavor(
    string Id, string Name, int Memory, int Vcpus, int Disk, bool IsPublic, string? Description, DateTimeOffset CreatedAt);
