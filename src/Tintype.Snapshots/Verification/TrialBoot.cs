using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tintype.Compute.Guests;
using Tintype.Compute.Servers;
using Tintype.Images.Data;
using Tintype.Images.Records;
using Tintype.Platform;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Qemu.Process;

namespace Tintype.Snapshots.Verification;

/// <summary>
/// Boots an image in a guest that is thrown away: its own hardware properties, no network card, every write into a file that vanishes with it.
/// </summary>
internal sealed class TrialBoot(IBlobReferences blobs, IGuestAdmission admission, IGuestHost host, IGuestLauncher launcher, BootWatch watch,
    EvidenceFolder evidence, MetadataDatabase database, IOptions<VerificationOptions> options, ILogger<TrialBoot> log)
{
    /// <exception cref="Fault">The trial could not be made: no data, no memory, hardware that does not exist here.</exception>
    public async Task<BootOutcome> RunAsync(ImageRecord image, CancellationToken ct)
    {
        var holder = HolderOf(image.Id);
        var blob = await blobs.HoldAsync(image.Id, holder, ct) ?? throw Fault.NothingToBoot(image.Id);
        await using var undo = new UndoStack(log);
        undo.Push("holding the image's data", () => database.WriteAsync(scope => blobs.ReleaseAsync(scope, holder), CancellationToken.None));

        var memory = Math.Clamp(image.MinRam, options.Value.MinimumMemory, options.Value.MaximumMemory);
        using var reservation = admission.TryReserve(memory) ?? throw Fault.NoMemoryToBoot(image.Id, memory);
        using var lease = host.LeaseIsolation();
        evidence.Begin(image.Id);
        undo.Push("removing the guest's directory", () =>
        {
            evidence.RemoveGuest(image.Id);
            return Task.CompletedTask;
        });
        return await BootAsync(image, blob, memory, lease.Uid, undo, ct);
    }

    /// <summary>Removes what a killed server left of a trial: the guest, its directory, the hold on the data.</summary>
    public async Task CleanUpAsync(Guid imageId, CancellationToken ct)
    {
        var directory = evidence.GuestOf(imageId);
        if (Directory.Exists(directory) && await launcher.AttachAsync(directory, ct) is { } left)
        {
            await using (left)
                await left.KillAsync(ct);
        }

        evidence.RemoveGuest(imageId);
        await database.WriteAsync(scope => blobs.ReleaseAsync(scope, HolderOf(imageId)), ct);
    }

    private static BlobHolder HolderOf(Guid imageId) => new("verification", imageId);

    private async Task<BootOutcome> BootAsync(ImageRecord image, HeldBlob blob, int memory, uint uid, UndoStack undo, CancellationToken ct)
    {
        var hardware = GuestHardware.Of(image.Id, image.Properties);
        var directory = evidence.GuestOf(image.Id);
        // The agent's channel always: it is how the guest says that it is up, and an operating system without an agent ignores it.
        var spec = new GuestSpec(image.Id, $"verify-{image.Id}", directory, memory, Vcpus: 1,
            [new GuestDisk([ServerDisk.Base(blob)], hardware.Bus, Ephemeral: true)], Nic: null, ConfigDrive: null, AgentChannel: true, uid);
        IGuestProcess guest;
        try
        {
            guest = await launcher.StartAsync(spec, ct);
        }
        catch (GuestStartException refused)
        {
            return new BootOutcome(BootMilestone.Nothing, $"QEMU did not start a guest from it: {refused.Message}", TimeSpan.Zero);
        }

        undo.Push("ending the guest", async () =>
        {
            await using (guest)
                await guest.KillAsync(CancellationToken.None);
        });
        var outcome = await watch.RunAsync(guest, ct);
        await KeepEvidenceAsync(image.Id, guest, ct);
        return outcome;
    }

    private async Task KeepEvidenceAsync(Guid imageId, IGuestProcess guest, CancellationToken ct)
    {
        await using (var console = GuestFiles.TryOpen(guest.Directory, GuestFiles.ConsoleLog))
        {
            if (console is not null)
                await evidence.KeepConsoleAsync(imageId, console, options.Value.ConsoleBytes, ct);
        }

        if (guest.Exited.IsCompleted)
            return;
        await using var picture = await GuestScreen.CaptureAsync(guest, ct);
        if (picture is not null)
            await evidence.KeepScreenshotAsync(imageId, picture, ct);
    }
}
