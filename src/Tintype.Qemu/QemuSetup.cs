using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tintype.Qemu.Disks;
using Tintype.Qemu.Nbd;
using Tintype.Qemu.Nbd.Sockets;
using Tintype.Qemu.Process;

namespace Tintype.Qemu;

/// <summary>The QEMU room: guests as processes, and their disks.</summary>
public static class QemuSetup
{
    /// <summary>Stored layers are read from the <see cref="INbdExports"/> that another room registers.</summary>
    /// <param name="dataDirectory">The server's; this room uses <c>qemu</c> in it.</param>
    /// <param name="trialImage">A small qcow2 guest to find out with whether KVM works; null if there is none.</param>
    public static IServiceCollection AddQemu(this IServiceCollection services, string dataDirectory, string? trialImage)
    {
        var room = Path.Combine(dataDirectory, "qemu");
        services.AddSingleton<IDiskSockets>(p => new DiskSockets(Path.Combine(room, "sockets"), OwnProgram.CommandLine,
            p.GetRequiredService<INbdExports>(), p.GetRequiredService<ILogger<DiskSockets>>()));
        services.AddSingleton<IDiskTools>(p => new DiskTools(Path.Combine(room, "exports"), p.GetRequiredService<IDiskSockets>()));
        services.AddSingleton(p => new AcceleratorProbe(room, trialImage,
            p.GetRequiredService<ILogger<AcceleratorProbe>>(), p.GetRequiredService<ILogger<GuestLauncher>>()));
        services.AddSingleton<IGuestLauncher>(p => new GuestLauncher(
            p.GetRequiredService<AcceleratorProbe>().ChooseAsync, p.GetRequiredService<ILogger<GuestLauncher>>(), p.GetRequiredService<IDiskSockets>()));
        return services;
    }
}
