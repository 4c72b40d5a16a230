using System.Security.Cryptography;
using System.Text.Json;
using Tintype.Compute.Servers;

namespace Tintype.Compute.ConfigDrive;

/// <summary>
/// The files of a config drive, as Nova lays them out and cloud-init's ConfigDrive source reads them:
/// <c>openstack/VERSION/{meta_data,network_data,vendor_data}.json</c> and <c>user_data</c>, under <c>latest</c> and under the newest
/// dated version that cloud-init knows.
/// </summary>
internal static class ConfigDriveContent
{
    private static readonly string[] _versions = ["2018-08-27", "latest"];

    /// <summary>Path on the drive, and content.</summary>
    public static IReadOnlyDictionary<string, byte[]> Of(Server server)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal)
        {
            ["meta_data.json"] = MetaData(server, RandomNumberGenerator.GetBytes(512)),
            ["network_data.json"] = NetworkData(server.Nic),
            ["vendor_data.json"] = "{}"u8.ToArray(),
        };
        if (server.UserData is { } userData)
            files["user_data"] = Convert.FromBase64String(userData);
        return (from version in _versions from file in files select ($"openstack/{version}/{file.Key}", file.Value))
            .ToDictionary(f => f.Item1, f => f.Value);
    }

    internal static byte[] MetaData(Server server, byte[] seed) => Json(json =>
    {
        json.WriteString("uuid", server.Id.ToString());
        json.WriteString("name", server.Name);
        json.WriteString("hostname", server.Hostname);
        json.WriteString("project_id", server.ProjectId);
        json.WriteString("availability_zone", server.AvailabilityZone);
        json.WriteNumber("launch_index", server.LaunchIndex);
        json.WriteString("random_seed", Convert.ToBase64String(seed));
        if (server.AdminPassword is { } password)
            json.WriteString("admin_pass", password);
        if (server is { KeyName: { } name, PublicKey: { } key })
        {
            json.WriteStartObject("public_keys");
            json.WriteString(name, key);
            json.WriteEndObject();
            json.WriteStartArray("keys");
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("type", "ssh");
            json.WriteString("data", key);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteStartArray("devices");
        json.WriteEndArray();
        json.WriteStartObject("meta");
        foreach (var (metaKey, value) in server.Metadata)
            json.WriteString(metaKey, value);
        json.WriteEndObject();
    });

    /// <summary>One network card that asks by DHCP, or none.</summary>
    internal static byte[] NetworkData(ServerNic? nic) => Json(json =>
    {
        json.WriteStartArray("links");
        if (nic is not null)
        {
            json.WriteStartObject();
            json.WriteString("id", "nic0");
            json.WriteString("type", "phy");
            json.WriteNumber("mtu", 1500);
            json.WriteString("ethernet_mac_address", nic.MacAddress);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("networks");
        if (nic is not null)
        {
            json.WriteStartObject();
            json.WriteString("id", "network0");
            json.WriteString("type", "ipv4_dhcp");
            json.WriteString("link", "nic0");
            json.WriteString("network_id", ServerNetwork.Name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("services");
        json.WriteEndArray();
    });

    private static byte[] Json(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
