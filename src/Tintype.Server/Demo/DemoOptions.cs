namespace Tintype.Server.Demo;

/// <summary>The section <c>Demo</c> of the configuration.</summary>
internal sealed class DemoOptions
{
    /// <summary>A qcow2 file with a bootable guest, for the public demo image; none if it is not set.</summary>
    public string? GuestImage { get; set; }
}
