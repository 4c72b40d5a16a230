using Tintype.Compute.Servers.Create;
using Tintype.Platform.Http;
using Xunit;

namespace Tintype.Tests.Compute;

public sealed class ServerCreateRequestTests
{
    private const string ImageId = "70a599e0-31e7-49b7-b260-868f441e862b";

    [Fact]
    public void The_smallest_body_has_novas_defaults()
    {
        var asked = Parse(1, "");

        Assert.Equal(("vm", "vm", Guid.Parse(ImageId), "1"), (asked.Name, asked.Description, asked.ImageId, asked.FlavorId));
        Assert.Equal((1, 1, true, null, false), (asked.MinCount, asked.MaxCount, asked.WithNic, asked.ConfigDrive, asked.ReturnReservation));
        Assert.Equal((null, null, null), (asked.KeyName, asked.UserData, asked.AdminPassword));
        Assert.Empty(asked.Metadata);
    }

    [Fact]
    public void A_full_body_is_taken_as_the_client_sends_it()
    {
        var asked = Parse(90, """
            , "networks": "none", "key_name": "k", "user_data": "aGVsbG8=", "metadata": {"a": "b"}, "config_drive": "True", "min_count": "2",
            "max_count": 3, "description": null, "tags": ["x", "x"], "adminPass": "secret", "security_groups": [{"name": "default"}],
            "availability_zone": "nova", "return_reservation_id": true,
            "block_device_mapping_v2": [{"source_type": "image", "destination_type": "local", "boot_index": 0, "uuid": "70a599e0-31e7-49b7-b260-868f441e862b"}]
            """);

        Assert.Equal((false, "k", "aGVsbG8=", "secret"), (asked.WithNic, asked.KeyName, asked.UserData, asked.AdminPassword));
        Assert.Equal((true, 2, 3, true, null), (asked.ConfigDrive, asked.MinCount, asked.MaxCount, asked.ReturnReservation, asked.Description));
        Assert.Equal(["x"], asked.Tags);
        Assert.Equal("b", asked.Metadata["a"]);
    }

    [Theory]
    [InlineData(1, """, "networks": []""", true)]
    [InlineData(37, """, "networks": "auto" """, true)]
    [InlineData(37, """, "networks": "none" """, false)]
    [InlineData(92, """, "networks": []""", true)]
    public void Networks_decide_whether_there_is_a_card(int minor, string members, bool withNic) => Assert.Equal(withNic, Parse(minor, members).WithNic);

    [Theory]
    [InlineData(1, """, "unknown": 1""", "Additional properties are not allowed ('unknown' was unexpected)")]
    [InlineData(1, """, "tags": ["x"]""", "Additional properties are not allowed ('tags' was unexpected)")]
    [InlineData(57, """, "networks": "auto", "personality": []""", "Additional properties are not allowed ('personality' was unexpected)")]
    [InlineData(37, "", "'networks' is a required property")]
    [InlineData(1, """, "networks": "none" """, "Invalid input for field/attribute server.networks. Value: 'none'. 'none' is not of type 'array'")]
    [InlineData(37, """, "networks": "some" """, "'some' is not one of 'none', 'auto'")]
    [InlineData(37, """, "networks": [{"uuid": "b32cf4ed-6b03-4b2c-a9c9-40fb4dd9c6b9"}]""", "could not be found")]
    [InlineData(1, """, "user_data": "no base64!" """, "User data needs to be valid base 64.")]
    [InlineData(1, """, "min_count": 3, "max_count": 2""", "min_count must be <= max_count")]
    [InlineData(1, """, "min_count": 0""", "Invalid input for field/attribute server.min_count. Value: 0. 0 is less than the minimum of 1")]
    [InlineData(1, """, "config_drive": "maybe" """, "Invalid input for field/attribute server.config_drive. Value: 'maybe'.")]
    [InlineData(1, """, "metadata": {"a": 1}""", "Invalid input for field/attribute server.metadata.a.")]
    [InlineData(1, """, "metadata": {"a/b": "c"}""", "the key 'a/b' is not")]
    [InlineData(1, """, "block_device_mapping_v2": [{"source_type": "volume", "boot_index": 0, "uuid": "x"}]""", "there are no volumes")]
    [InlineData(1, """, "security_groups": [{"name": "web"}]""", "Security group web not found.")]
    [InlineData(1, """, "availability_zone": "mars" """, "The requested availability zone is not available")]
    [InlineData(90, """, "networks": "none", "hostname": "h", "max_count": 2""", "Unable to allocate a single hostname to multiple instances")]
    [InlineData(90, """, "networks": "none", "hostname": "a\nb" """, "it must be letters, digits and any of - . _")]
    [InlineData(90, """, "networks": "none", "hostname": "" """, "Value: ''. '' is too short")]
    [InlineData(52, """, "networks": "none", "tags": ["a/b"]""", "without '/' and ','")]
    public void A_wrong_member_is_refused_by_name(int minor, string members, string sentence)
    {
        var refusal = Assert.Throws<Fault>(() => Parse(minor, members));
        Assert.Equal(FaultKind.BadRequest, refusal.Kind);
        Assert.Contains(sentence, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"server": {"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "flavorRef": "1"}}""", "'name' is a required property")]
    [InlineData("""{"server": {"name": "", "imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "flavorRef": "1"}}""", "Invalid input for field/attribute server.name. Value: ''. '' is too short")]
    [InlineData("""{"server": {"name": " a", "imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "flavorRef": "1"}}""", "white space")]
    [InlineData("""{"server": {"name": "a", "imageRef": "x", "flavorRef": "1"}}""", "'x' is not a 'uuid'")]
    [InlineData("""{"server": {"name": "a", "imageRef": "", "flavorRef": "1"}}""", "Invalid imageRef provided.")]
    [InlineData("""{"server": {"name": "a", "flavorRef": "1"}}""", "Invalid imageRef provided.")]
    [InlineData("""{"server": {"name": "a", "imageRef": "70a599e0-31e7-49b7-b260-868f441e862b"}}""", "'flavorRef' is a required property")]
    [InlineData("""{"servers": {}}""", "Additional properties are not allowed ('servers' was unexpected)")]
    [InlineData("""{}""", "'server' is a required property")]
    [InlineData("""[]""", "an object with the member 'server' is expected")]
    [InlineData("""{"server": []}""", "is not of type 'object'")]
    public void A_body_of_another_form_is_refused(string body, string sentence)
    {
        var refusal = Assert.Throws<Fault>(() => ServerCreateRequest.Parse(ComputeWorld.Json(body), new Microversion(2, 1)));
        Assert.Equal(FaultKind.BadRequest, refusal.Kind);
        Assert.Contains(sentence, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void User_data_may_have_65535_characters_and_no_more()
    {
        var most = new string('A', 65532);
        Assert.Equal(most, Parse(1, $$""", "user_data": "{{most}}" """).UserData);
        var refusal = Assert.Throws<Fault>(() => Parse(1, $$""", "user_data": "{{most}}AAAA" """));
        Assert.Equal("User data too large. User data must be no larger than 65535 bytes once base64 encoded. Your data is 65536 bytes", refusal.Message);
    }

    [Theory]
    [InlineData("My Server_1.example", "my-server-1-example")]
    [InlineData("--a--", "a")]
    [InlineData("Füße!", "fe")]
    [InlineData("日本", "Server-70a599e0-31e7-49b7-b260-868f441e862b")]
    public void A_host_name_is_made_of_the_servers_name(string name, string hostname) =>
        Assert.Equal(hostname, ServerNaming.HostnameOf(name, Guid.Parse(ImageId)));

    private static ServerCreateRequest Parse(int minor, string members) => ServerCreateRequest.Parse(
        ComputeWorld.Json($$"""{"server": {"name": "vm", "imageRef": "{{ImageId}}", "flavorRef": "1" {{members}} } }"""), new Microversion(2, minor));
}
