using Microsoft.Extensions.Options;
using Tintype.Identity;
using Tintype.Images.Records;

namespace Tintype.Server.Demo;

/// <summary>The public image that a new cloud starts with, made of the guest that was built on this host.</summary>
internal sealed class DemoImage(
    DemoPieces pieces, IdentitySeed identity, ISystemImages images, IOptions<DemoOptions> options, ILogger<DemoImage> log)
{
    public const string Piece = "image";
    public const string Name = "tintype-linux";

    private static readonly Dictionary<string, string> _properties = new()
    {
        ["hw_disk_bus"] = "virtio",
        ["hw_vif_model"] = "virtio",
        ["hw_qemu_guest_agent"] = "yes",
        ["os_type"] = "linux",
        ["os_distro"] = "debian",
    };

    /// <summary>Makes the image if there is a guest to make it of and it has never been made.</summary>
    /// <exception cref="InvalidOperationException">The configured file is not there.</exception>
    public async Task EnsureAsync(CancellationToken ct)
    {
        if (options.Value.GuestImage is not { } path || await pieces.IsMadeAsync(Piece, ct))
            return;
        if (!File.Exists(path))
            throw new InvalidOperationException($"Demo:GuestImage {path} does not exist; build it, or leave the setting out.");
        if (await identity.FindProjectAsync(DemoUser.Administrator.Project, ct) is not { } owner)
        {
            DemoLog.NoOwner(log, DemoUser.Administrator.Project);
            return;
        }

        // What a crash left half-made: its bytes may not all be there.
        if (await pieces.FindSubjectAsync(Piece, ct) is { } unfinished)
            await images.DiscardAsync(Guid.Parse(unfinished), ct);
        var id = Guid.NewGuid();
        await pieces.BeginAsync(Piece, id.ToString(), ct);
        await images.CreateAsync(new NewSystemImage(id, Name, owner, ImageVisibility.Public, MinDisk: 1, MinRam: 256, _properties), ct);
        await using (var data = File.OpenRead(path))
            await images.IngestAsync(id, "qcow2", "bare", data, new Dictionary<string, string?>(), ct);
        await pieces.MarkMadeAsync(Piece, ct);
    }
}
