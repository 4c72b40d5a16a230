using Tintype.Images.Policies;
using Tintype.Images.Protections;
using Tintype.Images.Quotas;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Xunit;
using static Tintype.Tests.Images.Records.TestImages;

namespace Tintype.Tests.Images.Records;

public sealed class ImageCreationTests
{
    [Fact]
    public void An_empty_object_makes_a_queued_shared_image_of_the_callers_project()
    {
        var image = ImageCreation.Draft(Json("{}"), Personas.OwningMember, ImagePolicies.Defaults, PropertyProtections.None, new LocalQuotas(), Noon);
        Assert.Equivalent(New() with { Id = image.Id, Name = null }, image, strict: true);
    }

    [Fact]
    public void Everything_that_a_client_may_say_is_taken()
    {
        var image = ImageCreation.Draft(Json("""
            {"id": "0D5BCB08-5AA2-4A9B-B43A-6F5F5D2C3E11", "name": "n", "visibility": "community", "protected": true, "os_hidden": true,
             "disk_format": "qcow2", "container_format": "bare", "min_disk": 3, "min_ram": 512.0, "tags": ["b", "a", "b"], "hw.x": "", "é/~": "ü",
             "owner": "11111111111111111111111111111111", "tintype_verified": "passed"}
            """), Personas.OwningMember, ImagePolicies.Defaults, PropertyProtections.None, new LocalQuotas(), Noon);

        Assert.Equivalent(new ImageRecord(
            Guid.Parse("0d5bcb08-5aa2-4a9b-b43a-6f5f5d2c3e11"), "n", Personas.Owners, ImageStatus.Queued, ImageVisibility.Community, true, true,
            "qcow2", "bare", 3, 512, null, null, null, null, null, new Dictionary<string, string> { ["hw.x"] = "", ["é/~"] = "ü" }, ["a", "b"], Noon, Noon),
            image, strict: true);
    }

    [Theory]
    [InlineData("[]", 400, "The body of an image is a JSON object, for example {\"name\": \"my-image\"}.")]
    [InlineData("""{"foo": 1}""", 400, "Provided object does not match schema 'image': 1 is not of type 'string'\n\nOn instance['foo']:\n    1")]
    [InlineData("""{"foo": null}""", 400, "Provided object does not match schema 'image': None is not of type 'string'\n\nOn instance['foo']:\n    None")]
    [InlineData("""{"foo": {"a": 1}}""", 400, "Provided object does not match schema 'image': {'a': 1} is not of type 'string'\n\nOn instance['foo']:\n    {'a': 1}")]
    [InlineData("""{"name": true}""", 400, "Provided object does not match schema 'image': True is not of type 'null', 'string'\n\nOn instance['name']:\n    True")]
    [InlineData("""{"disk_format": "zip"}""", 400, "Provided object does not match schema 'image': 'zip' is not one of [None, 'ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso', 'ploop']\n\nOn instance['disk_format']:\n    'zip'")]
    [InlineData("""{"container_format": "zip"}""", 400, "Provided object does not match schema 'image': 'zip' is not one of [None, 'ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed']\n\nOn instance['container_format']:\n    'zip'")]
    [InlineData("""{"visibility": "all"}""", 400, "Provided object does not match schema 'image': 'all' is not one of ['community', 'public', 'private', 'shared']\n\nOn instance['visibility']:\n    'all'")]
    [InlineData("""{"visibility": null}""", 400, "Provided object does not match schema 'image': None is not of type 'string'\n\nOn instance['visibility']:\n    None")]
    [InlineData("""{"protected": "true"}""", 400, "Provided object does not match schema 'image': 'true' is not of type 'boolean'\n\nOn instance['protected']:\n    'true'")]
    [InlineData("""{"tags": "a"}""", 400, "Provided object does not match schema 'image': 'a' is not of type 'array'\n\nOn instance['tags']:\n    'a'")]
    [InlineData("""{"tags": ["a", 1]}""", 400, "Provided object does not match schema 'image': 1 is not of type 'string'\n\nOn instance['tags']:\n    ['a', 1]")]
    [InlineData("""{"min_disk": "1"}""", 400, "Provided object does not match schema 'image': '1' is not of type 'integer'\n\nOn instance['min_disk']:\n    '1'")]
    [InlineData("""{"min_disk": 1.5}""", 400, "Provided object does not match schema 'image': 1.5 is not of type 'integer'\n\nOn instance['min_disk']:\n    1.5")]
    [InlineData("""{"min_disk": -1}""", 400, "Invalid value '-1' for parameter 'min_disk': Cannot be a negative value")]
    [InlineData("""{"min_ram": 2147483648}""", 400, "'min_ram' value out of range, must not exceed 2147483647.")]
    [InlineData("""{"min_ram": 1e400}""", 400, "Provided object does not match schema 'image': 1e400 is not of type 'integer'\n\nOn instance['min_ram']:\n    1e400")]
    [InlineData("""{"status": "active"}""", 403, "Attribute 'status' is read-only.")]
    [InlineData("""{"checksum": "x"}""", 403, "Attribute 'checksum' is read-only.")]
    [InlineData("""{"os_hash_value": "x"}""", 403, "Attribute 'os_hash_value' is read-only.")]
    [InlineData("""{"size": 1}""", 403, "Attribute 'size' is read-only.")]
    [InlineData("""{"created_at": "x"}""", 403, "Attribute 'created_at' is read-only.")]
    [InlineData("""{"self": "x"}""", 403, "Attribute 'self' is read-only.")]
    [InlineData("""{"file": "x"}""", 403, "Attribute 'file' is read-only.")]
    [InlineData("""{"schema": "x"}""", 403, "Attribute 'schema' is read-only.")]
    [InlineData("""{"direct_url": "x"}""", 403, "Attribute 'direct_url' is read-only.")]
    [InlineData("""{"stores": "x"}""", 403, "Attribute 'stores' is read-only.")]
    [InlineData("""{"locations": []}""", 403, "Attribute 'locations' is reserved.")]
    [InlineData("""{"location": "x"}""", 403, "Access was denied to this resource. / Attribute 'location' is reserved.")]
    [InlineData("""{"deleted": "x"}""", 403, "Access was denied to this resource. / Attribute 'deleted' is reserved.")]
    [InlineData("""{"deleted_at": "x"}""", 403, "Access was denied to this resource. / Attribute 'deleted_at' is reserved.")]
    [InlineData("""{"os_glance_x": "x"}""", 403, "Access was denied to this resource. / Attribute 'os_glance_x' is reserved.")]
    [InlineData("""{"owner": "else"}""", 403, "Access was denied to this resource. / You are not permitted to create images owned by 'else'")]
    [InlineData("""{"owner": null}""", 403, "Access was denied to this resource. / You are not permitted to create images owned by 'None'")]
    [InlineData("""{"visibility": "public"}""", 403, "You are not authorized to complete publicize_image action.")]
    public void What_is_refused_to_a_member(string body, int status, string message) => AssertFault(body, Personas.OwningMember, status, message);

    [Fact]
    public void A_reader_makes_no_images() =>
        AssertFault("{}", Personas.Reader(Personas.Owners), 403, "You are not authorized to complete add_image action.");

    [Fact]
    public void An_administrator_makes_public_images_for_others_and_for_nobody()
    {
        var image = ImageCreation.Draft(Json("""{"owner": "else", "visibility": "public"}"""), Personas.Admin, ImagePolicies.Defaults, PropertyProtections.None, new LocalQuotas(), Noon);
        Assert.Equal(("else", ImageVisibility.Public), (image.Owner, image.Visibility));
        Assert.Equal("", ImageCreation.Draft(Json("""{"owner": null}"""), Personas.Admin, ImagePolicies.Defaults, PropertyProtections.None, new LocalQuotas(), Noon).Owner);
    }

    [Fact]
    public void An_id_is_a_uuid() => AssertFault("""{"id": "disk"}""", Personas.OwningMember, 400,
        "Provided object does not match schema 'image': 'disk' does not match '^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$'"
        + "\n\nOn instance['id']:\n    'disk'");

    [Fact]
    public void The_lengths_of_names_have_a_limit()
    {
        var (most, over) = (new string('k', 255), new string('k', 256));
        Assert.Equal(most, ImageCreation.Draft(Json($$"""{"name": "{{most}}"}"""), Personas.OwningMember, ImagePolicies.Defaults, PropertyProtections.None, new LocalQuotas(), Noon).Name);
        AssertFault($$"""{"name": "{{over}}"}""", Personas.OwningMember, 400,
            $"Provided object does not match schema 'image': '{over}' is too long\n\nOn instance['name']:\n    '{over}'");
        AssertFault($$"""{"tags": ["{{over}}"]}""", Personas.OwningMember, 400,
            $"Provided object does not match schema 'image': '{over}' is too long\n\nOn instance['tags']:\n    ['{over}']");
        Assert.Equal(most, ImageCreation.Draft(Json($$"""{"{{most}}": "v"}"""), Personas.OwningMember, ImagePolicies.Defaults, PropertyProtections.None, new LocalQuotas(), Noon).Properties.Single().Key);
        AssertFault($$"""{"{{over}}": "v"}""", Personas.OwningMember, 400, "Custom property should not be greater than 255 characters.");
    }

    [Fact]
    public void The_numbers_of_properties_and_tags_have_a_limit()
    {
        Assert.Equal(128, ImageCreation.Draft(Json(Properties(128)), Personas.OwningMember, ImagePolicies.Defaults, PropertyProtections.None, new LocalQuotas(), Noon).Properties.Count);
        AssertFault(Properties(129), Personas.OwningMember, 413,
            "The limit has been exceeded on the number of allowed image properties. Attempted: 129, Maximum: 128");
        Assert.Equal(128, ImageCreation.Draft(Json(Tags(128)), Personas.OwningMember, ImagePolicies.Defaults, PropertyProtections.None, new LocalQuotas(), Noon).Tags.Count);
        AssertFault(Tags(129), Personas.OwningMember, 413,
            "The limit has been exceeded on the number of allowed image tags. Attempted: 129, Maximum: 128");
    }

    private static string Properties(int count) => $"{{{string.Join(", ", Enumerable.Range(0, count).Select(i => $"\"k{i}\": \"v\""))}}}";

    private static string Tags(int count) => $"{{\"tags\": [{string.Join(", ", Enumerable.Range(0, count).Select(i => $"\"t{i}\""))}]}}";

    private static void AssertFault(string body, Caller caller, int status, string message)
    {
        var fault = Assert.Throws<Fault>(() => ImageCreation.Draft(Json(body), caller, ImagePolicies.Defaults, PropertyProtections.None, new LocalQuotas(), Noon));
        Assert.Equal((status, message), (fault.Kind.ToStatus(), fault.Detail is null ? fault.Message : $"{fault.Message} / {fault.Detail}"));
    }
}
