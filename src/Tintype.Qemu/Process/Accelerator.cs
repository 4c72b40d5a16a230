namespace Tintype.Qemu.Process;

/// <summary>What runs a guest's instructions, and the processor that the guest sees.</summary>
public sealed record Accelerator
{
    // The processor's newest features, but for 57-bit addresses: kernels of some distributions do not start with them under TCG.
    public static readonly Accelerator Tcg = new("tcg", ["-accel", "tcg,thread=multi", "-cpu", "max,la57=off"], null);

    private Accelerator(string name, IReadOnlyList<string> arguments, uint? deviceGroup)
    {
        Name = name;
        Arguments = arguments;
        DeviceGroup = deviceGroup;
    }

    /// <param name="deviceGroup">The group that may use /dev/kvm.</param>
    public static Accelerator Kvm(uint? deviceGroup) => new("kvm", ["-accel", "kvm", "-cpu", "host"], deviceGroup);

    /// <summary>kvm or tcg.</summary>
    public string Name { get; }

    internal IReadOnlyList<string> Arguments { get; }

    internal uint? DeviceGroup { get; }
}
