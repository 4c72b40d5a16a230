using System.Text.Json;
using CsCheck;
using Tintype.Images.Records;
using Tintype.Platform.Http;
using Xunit;
using static Tintype.Tests.Images.Records.TestImages;

namespace Tintype.Tests.Images.Records;

public sealed class ImagePatchTests
{
    [Theory]
    [InlineData("application/openstack-images-v2.1-json-patch", "V21")]
    [InlineData("application/OpenStack-images-v2.1-json-patch; charset=utf-8", "V21")]
    [InlineData("application/openstack-images-v2.0-json-patch", "V20")]
    public void The_media_type_tells_the_dialect(string contentType, string expected) =>
        Assert.Equal(expected, ImagePatch.Dialect(contentType).ToString());

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("application/json")]
    [InlineData("application/json-patch+json")]
    public void Another_media_type_is_415_and_learns_which_would_do(string? contentType)
    {
        const string Both = "application/openstack-images-v2.0-json-patch, application/openstack-images-v2.1-json-patch";
        var fault = Assert.Throws<Fault>(() => ImagePatch.Dialect(contentType));
        Assert.Equal((FaultKind.UnsupportedMediaType, $"Image PATCH expects Content-Type one of: {Both}"), (fault.Kind, fault.Message));
        Assert.Equal(Both, fault.Headers["Accept-Patch"]);
    }

    [Theory]
    [InlineData("{}", 400, "Request body must be a JSON array of operation objects.")]
    [InlineData("[1]", 400, "Operations must be JSON objects.")]
    [InlineData("[{}]", 400, "Unable to find `op` in JSON Schema change. It must be one of the following: add, remove, replace.")]
    [InlineData("""[{"op": "move", "path": "/x"}]""", 400, "Invalid operation: `move`. It must be one of the following: add, remove, replace.")]
    [InlineData("""[{"op": 7, "path": "/x"}]""", 400, "Invalid operation: `7`. It must be one of the following: add, remove, replace.")]
    [InlineData("""[{"op": "add"}]""", 400, "Unable to find 'path' in JSON Schema change")]
    [InlineData("""[{"op": "add", "path": 5, "value": "1"}]""", 400, "The path of an operation is a string such as \"/name\", not 5.")]
    [InlineData("""[{"op": "add", "path": "/x"}]""", 400, "Operation \"add\" requires a member named \"value\".")]
    [InlineData("""[{"op": "add", "path": "x", "value": "1"}]""", 400, "Pointer `x` does not start with \"/\".")]
    [InlineData("""[{"op": "add", "path": "", "value": "1"}]""", 400, "Pointer `` does not start with \"/\".")]
    [InlineData("""[{"op": "add", "path": "/a//x", "value": "1"}]""", 400, "Pointer `/a//x` contains adjacent \"/\".")]
    [InlineData("""[{"op": "add", "path": "/a/ /x", "value": "1"}]""", 400, "Pointer `/a/ /x` contains adjacent \"/\".")]
    [InlineData("""[{"op": "add", "path": "/x/", "value": "1"}]""", 400, "Pointer `/x/` end with \"/\".")]
    [InlineData("""[{"op": "add", "path": "/x~2", "value": "1"}]""", 400, "Pointer `/x~2` contains \"~\" not part of a recognized escape sequence.")]
    [InlineData("""[{"op": "add", "path": "/x~", "value": "1"}]""", 400, "Pointer `/x~` contains \"~\" not part of a recognized escape sequence.")]
    [InlineData("""[{"op": "add", "path": "/x/y", "value": "1"}]""", 400, "Invalid JSON pointer for this resource: '/x/y'")]
    [InlineData("""[{"op": "add", "path": "/tags/-", "value": "c"}]""", 400, "Invalid JSON pointer for this resource: '/tags/-'")]
    [InlineData("""[{"op": "remove", "path": "/locations"}]""", 400, "Invalid JSON pointer for this resource: '/locations'")]
    [InlineData("""[{"op": "add", "path": "/x", "value": 1}]""", 400, "Provided object does not match schema 'image': 1 is not of type 'string'\n\nOn instance['x']:\n    1")]
    [InlineData("""[{"op": "replace", "path": "/min_ram", "value": -1}]""", 400, "Invalid value '-1' for parameter 'min_ram': Cannot be a negative value")]
    [InlineData("""[{"op": "replace", "path": "/status", "value": "active"}]""", 403, "Attribute 'status' is read-only.")]
    [InlineData("""[{"op": "replace", "path": "/id", "value": "x"}]""", 403, "Attribute 'id' is read-only.")]
    [InlineData("""[{"op": "replace", "path": "/stores", "value": "x"}]""", 403, "Attribute 'stores' is read-only.")]
    [InlineData("""[{"op": "remove", "path": "/checksum"}]""", 403, "Attribute 'checksum' is read-only.")]
    [InlineData("""[{"op": "add", "path": "/tintype_verified", "value": "passed"}]""", 403, "Attribute 'tintype_verified' is read-only.")]
    [InlineData("""[{"op": "replace", "path": "/tintype_verified", "value": "passed"}]""", 403, "Attribute 'tintype_verified' is read-only.")]
    [InlineData("""[{"op": "remove", "path": "/tintype_verified"}]""", 403, "Attribute 'tintype_verified' is read-only.")]
    [InlineData("""[{"op": "add", "path": "/location", "value": "x"}]""", 403, "Attribute 'location' is reserved.")]
    [InlineData("""[{"op": "add", "path": "/os_glance_x", "value": "x"}]""", 403, "Attribute 'os_glance_x' is reserved.")]
    public void What_is_wrong_with_a_patch_in_itself(string body, int status, string message) => AssertFault(body, PatchDialect.V21, status, message);

    [Theory]
    [InlineData("""[{"op": "add", "path": "/x", "value": "1"}]""", "Operation objects must contain exactly one member named \"add\", \"remove\", or \"replace\".")]
    [InlineData("""[{"add": "/x", "remove": "/y", "value": "1"}]""", "Operation objects must contain only one member named \"add\", \"remove\", or \"replace\".")]
    [InlineData("""[{"replace": "/x"}]""", "Operation \"replace\" requires a member named \"value\".")]
    public void What_is_wrong_with_a_patch_of_the_older_dialect(string body, string message) => AssertFault(body, PatchDialect.V20, 400, message);

    [Fact]
    public void Both_dialects_say_the_same()
    {
        var newer = ImagePatch.Parse(Json("""[{"op": "add", "path": "/a~1b~0", "value": "1"}, {"op": "remove", "path": "/c"}]"""), PatchDialect.V21);
        var older = ImagePatch.Parse(Json("""[{"add": "/a~1b~0", "value": "1"}, {"remove": "/c"}]"""), PatchDialect.V20);

        (PatchOperation, string, string?)[] expected = [(PatchOperation.Add, "a/b~", "1"), (PatchOperation.Remove, "c", null)];
        Assert.Equal(expected, newer.Select(Shown));
        Assert.Equal(expected, older.Select(Shown));
    }

    [Fact]
    public void Any_name_can_be_pointed_to() => Gen.String[Gen.Char["ab/~01 éx"], 1, 12].Where(name => name.Trim() == name).Sample(name =>
    {
        var pointer = "/" + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
        return ImagePatch.Steps(pointer) is [var only] && only == name;
    });

    private static (PatchOperation, string, string?) Shown(ImageChange change) =>
        (change.Operation, change.Name, change.Value.ValueKind == JsonValueKind.Undefined ? null : change.Value.GetString());

    private static void AssertFault(string body, PatchDialect dialect, int status, string message)
    {
        var fault = Assert.Throws<Fault>(() => ImagePatch.Parse(Json(body), dialect));
        Assert.Equal((status, message), (fault.Kind.ToStatus(), fault.Message));
    }
}
