using Tintype.Compute.Servers;

namespace Tintype.Compute.Hosts;

/// <summary>Whether this host has what guests need, looked up each time: a package may be installed while the server runs.</summary>
internal sealed class GuestHost(IsolationUids uids) : IGuestHost
{
    private static readonly (string Program, string Package)[] _needed =
    [
        ("qemu-system-x86_64", "qemu-system-x86"),
        ("qemu-img", "qemu-utils"),
        ("qemu-nbd", "qemu-utils"),
        ("genisoimage", "genisoimage"),
    ];

    public string? UnavailableBecause
    {
        get
        {
            var missing = _needed.Where(n => !IsInstalled(n.Program)).ToArray();
            return missing.Length == 0 ? null
                : $"Guests cannot run on this host: {string.Join(", ", missing.Select(m => m.Program))} "
                + $"{(missing.Length == 1 ? "is" : "are")} not installed. Run: apt-get install {string.Join(' ', missing.Select(m => m.Package).Distinct())}";
        }
    }

    public IsolationLease LeaseIsolation() => uids.Lease();

    private static bool IsInstalled(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin")
        .Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
}
