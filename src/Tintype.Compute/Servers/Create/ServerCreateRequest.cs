using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Tintype.Compute.Api;
using Tintype.Platform.Http;

namespace Tintype.Compute.Servers.Create;

/// <summary>What a client asks for with <c>POST /servers</c>: its form is right, whether it can be had is another question.</summary>
/// <param name="UserData">Base64.</param>
/// <param name="ConfigDrive">Null: not said.</param>
/// <param name="WithNic">False for <c>"networks": "none"</c>.</param>
internal sealed record ServerCreateRequest(
    string Name, string? Description, string? Hostname, Guid ImageId, string FlavorId, string? KeyName, string? UserData,
    string? AdminPassword, IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<string> Tags, bool? ConfigDrive, bool WithNic,
    int MinCount, int MaxCount, bool ReturnReservation, string? AccessIPv4, string? AccessIPv6)
{
    /// <summary>Characters of base64, Nova's limit.</summary>
    public const int UserDataLength = 65535;

    private const int TagCount = 50;

    /// <exception cref="Fault">400: the body is not what <paramref name="version"/> takes.</exception>
    public static ServerCreateRequest Parse(JsonElement body, Microversion version)
    {
        var server = RequestObject.Of(body, "server", "os:scheduler_hints", "OS-SCH-HNT:scheduler_hints");
        server.AllowOnly([.. Known(version)]);
        RefuseHints(body);
        RefuseUnsupported(server);
        var minimum = server.Integer("min_count", 1) ?? 1;
        var maximum = server.Integer("max_count", 1) ?? minimum;
        if (minimum > maximum)
            throw Fault.BadRequest("min_count must be <= max_count");
        var hostname = ServerNaming.HostnameIn(server);
        if (hostname is not null && maximum > 1)
            throw Fault.BadRequest("Unable to allocate a single hostname to multiple instances");

        var name = server.Name("name");
        return new ServerCreateRequest(
            name, version.Has(19) ? server.OptionalText("description", 0, 255) : name, hostname, ImageOf(server), FlavorOf(server),
            server.OptionalName("key_name"), UserDataOf(server), server.OptionalText("adminPass", 0, 255),
            server.Metadata("metadata") ?? new Dictionary<string, string>(), TagsOf(server), server.Boolean("config_drive"),
            WantsNic(server, version), minimum, maximum, server.Boolean("return_reservation_id") ?? false,
            server.OptionalText("accessIPv4", 0, 45), server.OptionalText("accessIPv6", 0, 45));
    }

    private static IEnumerable<string> Known(Microversion version)
    {
        string[] always =
        [
            "name", "imageRef", "flavorRef", "adminPass", "metadata", "networks", "OS-DCF:diskConfig", "accessIPv4", "accessIPv6",
            "availability_zone", "block_device_mapping", "block_device_mapping_v2", "config_drive", "key_name", "min_count", "max_count",
            "return_reservation_id", "security_groups", "user_data",
        ];
        foreach (var member in always)
            yield return member;
        if (!version.Has(57))
            yield return "personality";
        if (version.Has(19))
            yield return "description";
        if (version.Has(52))
            yield return "tags";
        if (version.Has(63))
            yield return "trusted_image_certificates";
        if (version.Has(74))
        {
            yield return "host";
            yield return "hypervisor_hostname";
        }

        if (version.Has(90))
            yield return "hostname";
    }

    private static Guid ImageOf(RequestObject server)
    {
        var mapped = MappedImage(server);
        if (!server.Has("imageRef") || server.Text("imageRef", 0, 255) is not { Length: > 0 } text)
            return mapped ?? throw Fault.BadRequest("Invalid imageRef provided.");
        if (!Guid.TryParse(text, out var id))
            throw server.Invalid("imageRef", $"'{text}' is not a 'uuid'");
        return mapped is null || mapped == id ? id
            : throw Fault.BadRequest($"Block Device Mapping is Invalid: it boots from image {mapped}, and imageRef says {id}.");
    }

    // Nova also boots from volumes and snapshots of them; a cloud without volumes can do the one thing that imageRef says as well.
    private static Guid? MappedImage(RequestObject server)
    {
        if (server.Array("block_device_mapping") is { Count: > 0 })
            throw Fault.BadRequest("Block Device Mapping is Invalid: there are no volumes here. Boot from an image by imageRef.");
        if (server.Array("block_device_mapping_v2") is not { Count: > 0 } items)
            return null;
        if (items is [{ ValueKind: JsonValueKind.Object } only]
            && Word(only, "source_type") == "image" && Word(only, "destination_type") is "local" or null
            && Word(only, "boot_index") is "0" or null && Guid.TryParse(Word(only, "uuid") ?? Word(only, "image_id"), out var id))
            return id;
        throw Fault.BadRequest("Block Device Mapping is Invalid: the one form that can be had here is a single item "
            + "{\"source_type\": \"image\", \"destination_type\": \"local\", \"boot_index\": 0, \"uuid\": IMAGE}; there are no volumes.");
    }

    private static string? Word(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.ToString() : null;

    // An id, or a link that ends in one.
    private static string FlavorOf(RequestObject server)
    {
        var flavor = server.Element.TryGetProperty("flavorRef", out var value) && value.ValueKind == JsonValueKind.Number
            ? value.GetRawText() : server.Text("flavorRef", 1, 255);
        return flavor[(flavor.LastIndexOf('/') + 1)..];
    }

    private static string? UserDataOf(RequestObject server)
    {
        if (server.OptionalText("user_data", 0, int.MaxValue) is not { Length: > 0 } data)
            return null;
        if (data.Length > UserDataLength)
            throw Fault.BadRequest($"User data too large. User data must be no larger than {UserDataLength} bytes once base64 encoded. Your data is {data.Length} bytes");
        return Base64.IsValid(Encoding.UTF8.GetBytes(data)) ? data
            : throw Fault.BadRequest("User data needs to be valid base 64.");
    }

    private static List<string> TagsOf(RequestObject server)
    {
        var tags = new List<string>();
        foreach (var item in server.Array("tags", TagCount) ?? [])
        {
            if (item.ValueKind != JsonValueKind.String || !ServerTags.IsValid(item.GetString()!))
                throw server.Invalid("tags", ServerTags.Rule);
            if (!tags.Contains(item.GetString()!))
                tags.Add(item.GetString()!);
        }

        return tags;
    }

    private static bool WantsNic(RequestObject server, Microversion version)
    {
        if (!server.Has("networks"))
            return !version.Has(37) ? true : throw server.Invalid("server", "'networks' is a required property");
        var networks = server.Element.GetProperty("networks");
        if (version.Has(37) && networks.ValueKind == JsonValueKind.String)
        {
            return networks.GetString() switch
            {
                "none" => false,
                "auto" => true,
                var other => throw server.Invalid("networks", $"'{other}' is not one of 'none', 'auto'"),
            };
        }

        var items = server.Array("networks");
        return items is null or { Count: 0 } ? true
            : throw Fault.BadRequest($"Network {items[0].GetRawText()} could not be found: each server here has an isolated network of its own. "
                + "Leave networks out, or say \"auto\" or \"none\".");
    }

    private static void RefuseUnsupported(RequestObject server)
    {
        if (server.Array("personality") is { Count: > 0 })
            throw server.Invalid("personality", "Files are not put into servers here; send them as user_data, for example with cloud-init's write_files");
        foreach (var group in server.Array("security_groups") ?? [])
        {
            if (group.ValueKind != JsonValueKind.Object || Word(group, "name") is not ("default" or null))
                throw Fault.BadRequest($"Security group {Word(group, "name") ?? group.GetRawText()} not found.");
        }

        if (server.OptionalName("availability_zone") is { } zone and not Server.DefaultZone)
            throw Fault.BadRequest($"The requested availability zone is not available: '{zone}'; the only one is '{Server.DefaultZone}'.");
        if (server.Array("trusted_image_certificates") is { Count: > 0 })
            throw server.Invalid("trusted_image_certificates", "Image signatures are not verified here; leave it out");
        string[] hosts = ["host", "hypervisor_hostname"];
        foreach (var name in hosts)
        {
            if (server.OptionalText(name, 1, 255) is { } host && host != Environment.MachineName)
                throw Fault.BadRequest($"Compute host {host} could not be found.");
        }
    }

    private static void RefuseHints(JsonElement body)
    {
        string[] names = ["os:scheduler_hints", "OS-SCH-HNT:scheduler_hints"];
        foreach (var name in names)
        {
            if (body.TryGetProperty(name, out var hints) && (hints.ValueKind != JsonValueKind.Object || hints.EnumerateObject().Any()))
                throw Fault.BadRequest($"Invalid input for field/attribute {name}. Value: {hints.GetRawText()}. There is one host here, and nothing to choose from; leave it out");
        }
    }
}
