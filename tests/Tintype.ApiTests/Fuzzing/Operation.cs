namespace Tintype.ApiTests.Fuzzing;

/// <summary>What must be there for an operation to make sense.</summary>
public enum Needs
{
    Nothing,
    Image,
    Namespace,
    Upload,
}

/// <summary>
/// An operation as a client uses it well, <c>POST /image/v2/images/{image}/members {"member": "{project}"}</c>. Names in braces are those of
/// the case's <see cref="Target"/>.
/// </summary>
/// <param name="Body">JSON, or whatever the content type says; none if null.</param>
/// <param name="Query">Parameters that it understands, each with a value.</param>
public sealed record Operation(string Method, string Path, Needs Needs = Needs.Nothing, string? Body = null, string ContentType = "application/json", string Query = "", params string[] Headers)
{
    private const string Images = "/image/v2/images";
    private const string Image = Images + "/{image}";
    private const string Namespaces = "/image/v2/metadefs/namespaces";
    private const string Namespace = Namespaces + "/{ns}";
    private const string Uploads = "/tintype/v1/uploads";
    private const string Octets = "application/octet-stream";
    private const string OffsetOctets = "application/offset+octet-stream";
    private const string Tus = "Tus-Resumable: 1.0.0";
    private const string Property = """{"name": "{item}", "type": "string", "title": "T", "enum": ["a", "b"], "minLength": 1, "operators": ["<or>"]}""";
    private const string Object = """{"name": "{item}", "description": "d", "required": ["p"], "properties": {"p": {"type": "integer", "title": "P", "minimum": 0, "maximum": 9} } }""";

    public static IReadOnlyList<Operation> All { get; } =
    [
        new("GET", "/image/"), new("GET", "/image/versions"), new("GET", "/image/v2/"), new("GET", "/healthcheck"),

        new("GET", Images, Query: "limit=10&sort=name:asc,size:desc&name=in:a,b&status=active&visibility=all&os_hidden=false&tag=t&size_min=1&created_at=gt:2026-01-01T00:00:00Z"),
        new("GET", Images, Query: "limit=2&marker={image}&sort_key=name&sort_dir=asc&member_status=all&protected=false&owner={project}"),
        new("POST", Images, Body: """{"id": "{new}", "name": "n", "disk_format": "raw", "container_format": "bare", "visibility": "private", "tags": ["a", "b"], "min_disk": 1, "min_ram": 2, "protected": false, "os_hidden": false, "os_type": "linux", "x": "y"}"""),
        new("GET", Image, Needs.Image),
        new("PATCH", Image, Needs.Image, """[{"op": "replace", "path": "/name", "value": "n"}, {"op": "add", "path": "/x", "value": "y"}, {"op": "remove", "path": "/x"}, {"op": "replace", "path": "/tags", "value": ["a"]}]""",
            "application/openstack-images-v2.1-json-patch"),
        new("PATCH", Image, Needs.Image, """[{"replace": "/visibility", "value": "shared"}, {"add": "/x~0~1", "value": "y"}]""", "application/openstack-images-v2.0-json-patch"),
        new("PATCH", Image, Needs.Image, """[{"op": "add", "path": "/locations/-", "value": {"url": "{web}", "metadata": {"a": "b"} } }]""", "application/openstack-images-v2.1-json-patch"),
        new("PATCH", Image, Needs.Image, """[{"op": "replace", "path": "/locations", "value": []}, {"op": "remove", "path": "/locations/0"}]""", "application/openstack-images-v2.1-json-patch"),
        new("DELETE", Image, Needs.Image),
        new("PUT", Image + "/file", Needs.Image, "some bytes of a disk", Octets, "", "x-openstack-image-size: 20", "x-image-meta-store: first"),
        new("GET", Image + "/file", Needs.Image, Query: "prefer=first,second", Headers: "Range: bytes=1-3"),
        new("PUT", Image + "/stage", Needs.Image, "some bytes of a disk", Octets),
        new("POST", Image + "/import", Needs.Image, """{"method": {"name": "glance-direct"}, "stores": ["first", "second"], "all_stores_must_succeed": true}"""),
        new("POST", Image + "/import", Needs.Image, """{"method": {"name": "web-download", "uri": "{web}"}, "all_stores": true}"""),
        new("POST", Image + "/import", Needs.Image, """{"method": {"name": "copy-image"}, "stores": ["second"], "all_stores_must_succeed": false}"""),
        new("POST", Image + "/import", Needs.Image, """{"method": {"name": "glance-download", "glance_region": "RegionOne", "glance_image_id": "{new}", "glance_service_interface": "public"} }"""),
        new("GET", Image + "/tasks", Needs.Image), new("GET", Image + "/locations", Needs.Image),
        new("POST", Image + "/locations", Needs.Image, """{"url": "{web}", "validation_data": {"os_hash_algo": "sha512", "os_hash_value": "00"} }"""),
        new("POST", Image + "/actions/deactivate", Needs.Image), new("POST", Image + "/actions/reactivate", Needs.Image),
        new("PUT", Image + "/tags/{item}", Needs.Image), new("DELETE", Image + "/tags/{item}", Needs.Image),
        new("GET", Image + "/members", Needs.Image), new("GET", Image + "/members/{project}", Needs.Image),
        new("POST", Image + "/members", Needs.Image, """{"member": "{project}"}"""),
        new("PUT", Image + "/members/{project}", Needs.Image, """{"status": "accepted"}"""), new("DELETE", Image + "/members/{project}", Needs.Image),
        new("DELETE", "/image/v2/stores/first/{image}", Needs.Image),

        new("GET", "/image/v2/info/import"), new("GET", "/image/v2/info/stores"), new("GET", "/image/v2/info/stores/detail"), new("GET", "/image/v2/info/usage"),
        new("GET", "/image/v2/schemas/image"), new("GET", "/image/v2/schemas/metadefs/namespace"),
        new("GET", "/image/v2/tasks", Query: "limit=3&type=import&status=success&sort_key=created_at&sort_dir=asc&marker={new}"), new("GET", "/image/v2/tasks/{new}"), new("DELETE", "/image/v2/tasks/{new}"),
        new("POST", "/image/v2/tasks", Body: """{"type": "import", "input": {"import_from": "{web}", "import_from_format": "raw", "image_properties": {"name": "n", "disk_format": "raw", "container_format": "bare"} } }"""),
        new("GET", "/image/v2/cache"), new("DELETE", "/image/v2/cache", Headers: "x-image-cache-clear-target: queue"), new("PUT", "/image/v2/cache/{image}", Needs.Image),
        new("DELETE", "/image/v2/cache/{image}", Needs.Image), new("GET", "/image/v2/cache/nodes/{image}", Needs.Image), new("POST", "/image/v2/cache/clean"), new("POST", "/image/v2/cache/prune"),

        new("GET", Namespaces, Query: "limit=3&marker={ns}&visibility=public&resource_types=OS::Nova::Flavor&sort_key=namespace&sort_dir=asc"),
        new("POST", Namespaces, Body: $$"""{"namespace": "{name}", "display_name": "D", "visibility": "private", "protected": false, "resource_type_associations": [{"name": "OS::X", "prefix": "x_"}], "properties": {"p": {"title": "T", "type": "string"} }, "objects": [{{Object}}], "tags": [{"name": "t"}]}"""),
        new("GET", Namespace, Needs.Namespace, Query: "resource_type=OS::X"), new("DELETE", Namespace, Needs.Namespace),
        new("PUT", Namespace, Needs.Namespace, """{"namespace": "{ns}", "display_name": "D", "description": "d", "visibility": "public", "protected": false}"""),
        new("GET", "/image/v2/metadefs/resource_types"), new("GET", Namespace + "/resource_types", Needs.Namespace), new("DELETE", Namespace + "/resource_types/{item}", Needs.Namespace),
        new("POST", Namespace + "/resource_types", Needs.Namespace, """{"name": "{item}", "prefix": "p_", "properties_target": "image"}"""),
        new("GET", Namespace + "/properties", Needs.Namespace), new("DELETE", Namespace + "/properties", Needs.Namespace), new("POST", Namespace + "/properties", Needs.Namespace, Property),
        new("GET", Namespace + "/properties/{item}", Needs.Namespace), new("PUT", Namespace + "/properties/{item}", Needs.Namespace, Property), new("DELETE", Namespace + "/properties/{item}", Needs.Namespace),
        new("GET", Namespace + "/objects", Needs.Namespace, Query: "limit=3&marker={item}"), new("DELETE", Namespace + "/objects", Needs.Namespace), new("POST", Namespace + "/objects", Needs.Namespace, Object),
        new("GET", Namespace + "/objects/{item}", Needs.Namespace), new("PUT", Namespace + "/objects/{item}", Needs.Namespace, Object), new("DELETE", Namespace + "/objects/{item}", Needs.Namespace),
        new("GET", Namespace + "/tags", Needs.Namespace, Query: "limit=3&sort_key=name"), new("DELETE", Namespace + "/tags", Needs.Namespace),
        new("POST", Namespace + "/tags", Needs.Namespace, """{"tags": [{"name": "{item}"}, {"name": "b"}]}""", Headers: "X-Openstack-Append: true"),
        new("GET", Namespace + "/tags/{item}", Needs.Namespace), new("POST", Namespace + "/tags/{item}", Needs.Namespace),
        new("PUT", Namespace + "/tags/{item}", Needs.Namespace, """{"name": "other"}"""), new("DELETE", Namespace + "/tags/{item}", Needs.Namespace),

        new("OPTIONS", Uploads, Headers: Tus),
        new("POST", Uploads, Needs.Image, Headers: [Tus, "Upload-Length: 20", "Upload-Metadata: {metadata}"]),
        new("POST", Uploads, Needs.Image, "some bytes of a disk", OffsetOctets, "", Tus, "Upload-Length: 20", "Upload-Metadata: {metadata}", "Upload-Checksum: sha1 8XDrLGS3JTyu8DRh8Dj7mVNQ2Zg="),
        new("HEAD", Uploads + "/{upload}", Needs.Upload, Headers: Tus), new("DELETE", Uploads + "/{upload}", Needs.Upload, Headers: Tus),
        new("PATCH", Uploads + "/{upload}", Needs.Upload, "some bytes", OffsetOctets, "", Tus, "Upload-Offset: 0"),
        new("GET", "/tintype/v1/chunks/collection"), new("POST", "/tintype/v1/chunks/collection", Body: """{"dry_run": true}"""), new("GET", "/tintype/v1/chunks/scrub"),
        new("GET", "/tintype/v1/tasks", Query: "kind=snapshot&state=running&subject={new}&limit=3&marker={new}"), new("GET", "/tintype/v1/tasks/{new}"), new("POST", "/tintype/v1/tasks/{new}/cancel"), new("GET", "/tintype/v1/images/{image}/verification", Needs.Image), new("GET", "/tintype/v1/images/{image}/verification/console", Needs.Image),

        new("POST", "/identity/v3/auth/tokens", Body: """{"auth": {"identity": {"methods": ["token"], "token": {"id": "{new}"} }, "scope": {"project": {"name": "one", "domain": {"name": "Default"} } } } }"""),
        new("GET", "/identity/v3/auth/tokens", Headers: "X-Subject-Token: {new}"), new("GET", "/identity/v3/projects", Query: "name=one&enabled=true&domain_id=default"),
        new("POST", "/identity/v3/projects", Body: """{"project": {"name": "{name}", "description": "d", "enabled": true, "domain_id": "default", "tags": []} }"""),
        new("GET", "/identity/v3/users/{new}"), new("POST", "/identity/v3/roles", Body: """{"role": {"name": "{name}", "description": "d"} }"""), new("GET", "/identity/v3/role_assignments", Query: "include_names=true&effective"),
        new("GET", "/compute/v2.1/servers/detail", Query: "limit=3&status=ACTIVE&name=x&sort_key=created_at&changes-since=2026-01-01T00:00:00Z", Headers: "OpenStack-API-Version: compute 2.79"),
        new("POST", "/compute/v2.1/servers", Body: """{"server": {"name": "n", "imageRef": "{new}", "flavorRef": "{new}", "networks": "none", "metadata": {"a": "b"}, "user_data": "eA==", "tags": ["t"]} }""", Headers: "OpenStack-API-Version: compute 2.79"),
        new("GET", "/compute/v2.1/flavors/detail", Query: "limit=2&minRam=1&is_public=None"), new("POST", "/compute/v2.1/os-keypairs", Body: """{"keypair": {"name": "{name}", "public_key": "ssh-ed25519 AAAA"} }"""),
        new("POST", "/compute/v2.1/servers/{new}/action", Body: """{"createImage": {"name": "n", "metadata": {} } }"""),
    ];
}
