using System.Globalization;
using Tintype.Platform.Http;
using Tintype.Qemu.Process;

namespace Tintype.Compute.Guests;

/// <summary>
/// The hardware that an image's properties ask for, after Nova's list of useful image properties.
/// What it does not say is virtio.
/// </summary>
/// <param name="NicModel">QEMU's device name.</param>
/// <param name="RequiresQuiesce">Kept for snapshots; it changes nothing about the hardware.</param>
/// <param name="ShutdownTimeout">os_shutdown_timeout; null when the image does not say.</param>
public sealed record GuestHardware(DiskBus Bus, string NicModel, bool AgentChannel, bool RequiresQuiesce, TimeSpan? ShutdownTimeout)
{
    private static readonly Dictionary<string, string> _nicModels = new(StringComparer.Ordinal)
    {
        ["virtio"] = "virtio-net-pci",
        ["e1000"] = "e1000",
        ["e1000e"] = "e1000e",
        ["rtl8139"] = "rtl8139",
        ["ne2k_pci"] = "ne2k_pci",
        ["pcnet"] = "pcnet",
        ["vmxnet3"] = "vmxnet3",
        ["igb"] = "igb",
    };

    /// <exception cref="Fault">400: a property has a value that means nothing here; the sentence names those that do.</exception>
    public static GuestHardware Of(Guid imageId, IReadOnlyDictionary<string, string> properties)
    {
        var image = new Properties(imageId, properties);
        image.OneOf("hw_firmware_type", "bios", ["bios"]);
        image.OneOf("os_secure_boot", "disabled", ["disabled", "optional"]);
        return new GuestHardware(BusOf(image), _nicModels[image.OneOf("hw_vif_model", "virtio", [.. _nicModels.Keys])],
            image.Flag("hw_qemu_guest_agent"), image.Flag("os_require_quiesce"), image.Seconds("os_shutdown_timeout"));
    }

    private static DiskBus BusOf(Properties image)
    {
        // Read in any case: a wrong model is wrong whatever the bus.
        var model = image.OneOf("hw_scsi_model", "lsilogic", ["virtio-scsi", "lsilogic", "auto"]);
        return image.OneOf("hw_disk_bus", "virtio", ["virtio", "scsi", "sata", "ide", "usb"]) switch
        {
            "scsi" => model == "virtio-scsi" ? DiskBus.VirtioScsi : DiskBus.LsiLogic,
            "sata" => DiskBus.Sata,
            "ide" => DiskBus.Ide,
            "usb" => DiskBus.Usb,
            _ => DiskBus.Virtio,
        };
    }

    private sealed class Properties(Guid imageId, IReadOnlyDictionary<string, string> values)
    {
        public string OneOf(string name, string otherwise, string[] allowed)
        {
            if (!values.TryGetValue(name, out var value) || value.Length == 0)
                return otherwise;
            return allowed.Contains(value, StringComparer.Ordinal) ? value : throw Unacceptable(name, value, $"one of {string.Join(", ", allowed)}");
        }

        public bool Flag(string name)
        {
            if (!values.TryGetValue(name, out var value) || value.Length == 0)
                return false;
            return value.ToLowerInvariant() switch
            {
                "yes" or "true" or "1" or "on" or "y" or "t" => true,
                "no" or "false" or "0" or "off" or "n" or "f" => false,
                _ => throw Unacceptable(name, value, "yes or no"),
            };
        }

        public TimeSpan? Seconds(string name)
        {
            if (!values.TryGetValue(name, out var value) || value.Length == 0)
                return null;
            return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 86400
                ? TimeSpan.FromSeconds(seconds) : throw Unacceptable(name, value, "a number of seconds from 0 to 86400");
        }

        private Fault Unacceptable(string name, string value, string allowed) =>
            Fault.BadRequest($"Image {imageId} is unacceptable: its property {name} is '{value}'; it must be {allowed}.");
    }
}
