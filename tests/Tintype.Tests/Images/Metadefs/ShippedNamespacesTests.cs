using Tintype.Images.Metadefs.Items;
using Tintype.Images.Metadefs.Namespaces;
using Tintype.Images.Metadefs.Shipped;
using Tintype.Platform.Http;
using Tintype.Protocol.Images;
using Xunit;

namespace Tintype.Tests.Images.Metadefs;

public sealed class ShippedNamespacesTests : IDisposable
{
    private readonly MetadefWorld _world = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task What_ships_is_public_protected_and_read_by_everybody()
    {
        await _world.StartAsync();
        var page = await _world.Namespaces.ListAsync(NamespaceListQuery.Parse([new("limit", "1000")]), Personas.Reader(Personas.Strangers), Ct);
        Assert.Equal(ShippedNamespaces.Read().Select(s => s.Draft.Name).Order(StringComparer.Ordinal), page.Namespaces.Select(ns => ns.Name).Order(StringComparer.Ordinal));
        Assert.All(page.Namespaces, ns => Assert.Equal((true, true, ShippedNamespaces.Owner), (ns.IsPublic, ns.Protected, ns.Owner)));
    }

    // Each property that this server reads, by the name that it has on an image.
    [Theory]
    [InlineData("OS::Compute::LibvirtImage", "hw_disk_bus", "hw_scsi_model", "hw_vif_model", "hw_qemu_guest_agent", "hw_firmware_type", "hw_video_model",
        "hw_machine_type", "hw_rng_model", "hw_vif_multiqueue_enabled", "hw_time_hpet", "os_type")]
    [InlineData("OS::Compute::Libvirt", "hw_boot_menu", "hw_mem_encryption")]
    [InlineData("OS::Compute::InstanceData", "os_require_quiesce", "img_config_drive")]
    [InlineData("OS::Compute::GuestShutdownBehavior", "os_shutdown_timeout")]
    [InlineData("OS::Compute::CPUMode", "hw_cpu_mode")]
    [InlineData("OS::Compute::CPUPinning", "hw_cpu_policy", "hw_cpu_thread_policy")]
    [InlineData("OS::Compute::VirtCPUTopology", "hw_cpu_sockets", "hw_cpu_cores", "hw_cpu_threads")]
    [InlineData("OS::Compute::Watchdog", "hw_watchdog_action")]
    [InlineData("OS::Compute::TPM", "hw_tpm_model", "hw_tpm_version")]
    [InlineData("OS::Compute::VTPM", "trait:COMPUTE_SECURITY_TPM_2_0")]
    [InlineData("OS::OperatingSystem", "os_distro", "os_version", "os_admin_user")]
    [InlineData("OS::Glance::Signatures", "img_signature", "img_signature_hash_method", "img_signature_key_type", "img_signature_certificate_uuid")]
    public async Task The_properties_of_images_are_described(string ns, params string[] properties)
    {
        await _world.StartAsync();
        var view = (await _world.Namespaces.ShowAsync(ns, Personas.Reader(Personas.Strangers), Ct)).View("OS::Glance::Image");
        Assert.Superset(properties.ToHashSet(), view.Properties!.Keys.ToHashSet());
        Assert.All(view.Properties.Values, p => Assert.False(string.IsNullOrWhiteSpace(p.Description) || string.IsNullOrWhiteSpace(p.Title)));
    }

    [Fact]
    public async Task What_an_operator_deletes_or_changes_stays_so()
    {
        await _world.StartAsync();
        foreach (var name in (string[])["OS::Compute::VMware", "OS::Compute::Watchdog"])
            await _world.Namespaces.UpdateAsync(name, Draft(name, []), Personas.Admin, Ct);
        await _world.Namespaces.DeleteAsync("OS::Compute::VMware", Personas.Admin, Ct);
        await _world.Items.DeleteAsync(ItemKinds.Properties, "OS::Compute::Watchdog", "watchdog_action", Personas.Admin, Ct);

        await _world.StartAsync();
        await Assert.ThrowsAsync<Fault>(() => _world.Namespaces.ShowAsync("OS::Compute::VMware", Personas.Admin, Ct));
        var changed = await _world.Namespaces.ShowAsync("OS::Compute::Watchdog", Personas.Admin, Ct);
        Assert.Equal((false, 0), (changed.Namespace.Protected, changed.Properties.Count));
    }

    [Fact]
    public async Task A_later_version_brings_what_is_new_in_it_and_nothing_that_was_there_before()
    {
        await _world.StartAsync(new Shipment(1, Draft("N", ["kept", "deleted"])));
        await _world.Items.DeleteAsync(ItemKinds.Properties, "N", "deleted", Personas.Admin, Ct);
        await _world.StartAsync(new Shipment(2, Draft("N", ["kept", "deleted", "new"])));
        Assert.Equal(["kept", "new"], (await _world.Namespaces.ShowAsync("N", Personas.Admin, Ct)).Properties.Select(p => p.Name));

        await _world.Namespaces.DeleteAsync("N", Personas.Admin, Ct);
        await _world.StartAsync(new Shipment(3, Draft("N", ["kept", "deleted", "new", "newest"])));
        await Assert.ThrowsAsync<Fault>(() => _world.Namespaces.ShowAsync("N", Personas.Admin, Ct));
    }

    [Fact]
    public async Task An_operators_own_namespace_of_a_shipped_name_is_left_alone()
    {
        await _world.Namespaces.CreateAsync(Draft("N", ["own"]), Personas.Admin, Ct);
        await _world.StartAsync(new Shipment(1, Draft("N", ["shipped"])));
        Assert.Equal(["own"], (await _world.Namespaces.ShowAsync("N", Personas.Admin, Ct)).Properties.Select(p => p.Name));
    }

    private static NamespaceDraft Draft(string name, string[] properties) => new(name, null, null, true, false, null, new NamespaceContents(
        null, [.. properties.Select(p => new ItemDraft<PropertyDefinition>(p, Property))], null, null));

    private static PropertyDefinition Property { get; } =
        new(null, "string", "Title", null, null, default, null, null, null, null, null, null, null, null, null, null, null, null, null);
}
