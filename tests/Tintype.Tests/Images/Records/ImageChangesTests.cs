using CsCheck;
using Tintype.Images.Records;
using Tintype.Images.Signatures;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Tests.Images.Data;
using Xunit;
using static Tintype.Tests.Images.Records.TestImages;

namespace Tintype.Tests.Images.Records;

public sealed class ImageChangesTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A patch is all or nothing, and its operations see each other, as in a dictionary that is changed step by step.</summary>
    [Fact]
    public async Task Custom_properties_follow_a_patch_as_a_dictionary_does()
    {
        await using var room = new ImagesRoom();
        var operation = Gen.Select(Gen.Int[0, 2], Gen.Char["abc"], Gen.Char["01"], (op, name, value) => (Op: (PatchOperation)op, Name: name, Value: value));
        await Gen.Select(operation.Array[1, 4].List[1, 6], Gen.Bool).SampleAsync(async (patches, older) =>
        {
            var image = await InsertAsync(room, New());
            var dialect = older ? PatchDialect.V20 : PatchDialect.V21;
            var model = new Dictionary<string, string>();
            foreach (var patch in patches)
            {
                var changes = ImagePatch.Parse(Json($"[{string.Join(", ", patch.Select(p => Operation(p.Op, p.Name, p.Value)))}]"), PatchDialect.V21);
                var expected = Apply(model, patch, dialect);
                if (expected is null)
                {
                    var fault = await Assert.ThrowsAsync<Fault>(() => room.Get<ImageChanges>().PatchAsync(image, changes, dialect, Personas.OwningMember, Ct));
                    Assert.Equal(FaultKind.Conflict, fault.Kind);
                }
                else
                {
                    model = expected;
                    Assert.Equal(model, (await room.Get<ImageChanges>().PatchAsync(image, changes, dialect, Personas.OwningMember, Ct)).Properties);
                }

                Assert.Equal(model, (await room.FindAsync(image, Ct))!.Properties);
            }
        }, iter: 40, threads: 1);
    }

    [Fact]
    public async Task An_empty_patch_changes_nothing_and_is_open_to_whoever_sees_the_image()
    {
        await using var room = new ImagesRoom();
        var before = New() with { Visibility = ImageVisibility.Public };
        await InsertAsync(room, before);

        var after = await room.Get<ImageChanges>().PatchAsync(before.Id, [], PatchDialect.V21, Personas.Reader(Personas.Strangers), Ct);

        Assert.Equivalent(before, after, strict: true);
        Assert.Equivalent(before, await room.FindAsync(before.Id, Ct), strict: true);
    }

    [Fact]
    public async Task Every_attribute_that_clients_write_is_stored()
    {
        await using var room = new ImagesRoom();
        var before = New();
        await InsertAsync(room, before);
        var changes = ImagePatch.Parse(Json("""
            [{"op": "add", "path": "/name", "value": null}, {"op": "add", "path": "/visibility", "value": "community"}, {"op": "add", "path": "/protected", "value": true},
             {"op": "add", "path": "/os_hidden", "value": true}, {"op": "add", "path": "/disk_format", "value": "raw"}, {"op": "add", "path": "/container_format", "value": "bare"},
             {"op": "add", "path": "/min_disk", "value": 2}, {"op": "add", "path": "/min_ram", "value": 3}, {"op": "replace", "path": "/tags", "value": ["b", "a", "b"]},
             {"op": "add", "path": "/k", "value": "é\"\\"}]
            """), PatchDialect.V21);

        var after = await room.Get<ImageChanges>().PatchAsync(before.Id, changes, PatchDialect.V21, Personas.OwningMember, Ct);

        Assert.True(after.UpdatedAt > before.UpdatedAt);
        Assert.Equivalent(before with
        {
            Name = null,
            Visibility = ImageVisibility.Community,
            Protected = true,
            Hidden = true,
            DiskFormat = "raw",
            ContainerFormat = "bare",
            MinDisk = 2,
            MinRam = 3,
            Tags = ["a", "b"],
            Properties = new Dictionary<string, string> { ["k"] = "é\"\\" },
            UpdatedAt = after.UpdatedAt,
        }, after, strict: true);
        Assert.Equal(after.Properties, (await room.FindAsync(before.Id, Ct))!.Properties);
    }

    [Theory]
    [InlineData("owner", "queued", """[{"op": "replace", "path": "/nope", "value": "1"}]""", 409, "There was a conflict when trying to complete your request. / Property nope does not exist.")]
    [InlineData("owner", "queued", """[{"op": "remove", "path": "/nope"}]""", 409, "There was a conflict when trying to complete your request. / Property nope does not exist.")]
    [InlineData("owner", "queued", """[{"op": "remove", "path": "/name"}]""", 403, "Access was denied to this resource. / Property name may not be removed.")]
    [InlineData("owner", "queued", """[{"op": "remove", "path": "/tags"}]""", 403, "Access was denied to this resource. / Property tags may not be removed.")]
    [InlineData("owner", "queued", """[{"op": "replace", "path": "/owner", "value": "else"}]""", 403, "Access was denied to this resource. / Owner can't be updated by non admin.")]
    [InlineData("owner", "queued", """[{"op": "replace", "path": "/visibility", "value": "public"}]""", 403, "You are not authorized to complete publicize_image action.")]
    [InlineData("owner", "queued", """[{"op": "replace", "path": "/locations", "value": []}]""", 403, "Access was denied to this resource. / Cannot set locations to empty list.")]
    [InlineData("owner", "queued", """[{"op": "add", "path": "/locations/-", "value": {"url": "file:///etc/passwd", "metadata": {} } }]""", 403, "It's not allowed to add locations if locations are invisible.")]
    [InlineData("owner", "queued", """[{"op": "remove", "path": "/locations/0"}]""", 403, "You are not authorized to complete delete_image_location action.")]
    [InlineData("admin", "queued", """[{"op": "remove", "path": "/locations/0"}]""", 403, "It's not allowed to remove locations if locations are invisible.")]
    [InlineData("owner", "active", """[{"op": "replace", "path": "/disk_format", "value": "raw"}]""", 403, "Attribute disk_format can be only replaced for a queued image.")]
    [InlineData("admin", "saving", """[{"op": "replace", "path": "/container_format", "value": "bare"}]""", 403, "Attribute container_format can be only replaced for a queued image.")]
    [InlineData("offered", "queued", """[{"op": "add", "path": "/k", "value": "1"}]""", 403, "You are not authorized to complete modify_image action.")]
    [InlineData("offered", "queued", """[{"op": "replace", "path": "/visibility", "value": "community"}]""", 403, "You are not authorized to complete communitize_image action.")]
    [InlineData("owner's reader", "queued", """[{"op": "add", "path": "/k", "value": "1"}]""", 403, "You are not authorized to complete modify_image action.")]
    [InlineData("stranger", "queued", """[{"op": "add", "path": "/k", "value": "1"}]""", 404, "No image found with ID 0d5bcb08-5aa2-4a9b-b43a-6f5f5d2c3e11")]
    public async Task What_is_refused_leaves_the_image_as_it_was(string persona, string status, string patch, int code, string message)
    {
        await using var room = new ImagesRoom();
        var before = New() with { Id = Guid.Parse("0d5bcb08-5aa2-4a9b-b43a-6f5f5d2c3e11"), Status = ImageWords.Status(status) };
        await InsertAsync(room, before, Personas.Offered);

        var fault = await Assert.ThrowsAsync<Fault>(() => room.Get<ImageChanges>().PatchAsync(
            before.Id, ImagePatch.Parse(Json(patch), PatchDialect.V21), PatchDialect.V21, Personas.Of(persona), Ct));

        Assert.Equal((code, message), (fault.Kind.ToStatus(), fault.Detail is null ? fault.Message : $"{fault.Message} / {fault.Detail}"));
        Assert.Equivalent(before, await room.FindAsync(before.Id, Ct), strict: true);
    }

    [Fact]
    public async Task An_image_over_the_quota_may_be_changed_but_not_grow()
    {
        await using var room = new ImagesRoom();
        var many = Enumerable.Range(0, 130).ToDictionary(i => $"k{i}", _ => "v");
        var image = await InsertAsync(room, New() with { Properties = many });

        var fault = await Assert.ThrowsAsync<Fault>(() => PatchAsync(room, image, """[{"op": "add", "path": "/more", "value": "v"}]"""));
        var smaller = await PatchAsync(room, image, """[{"op": "remove", "path": "/k0"}, {"op": "replace", "path": "/k1", "value": "w"}]""");

        Assert.Equal((FaultKind.PayloadTooLarge, "The limit has been exceeded on the number of allowed image properties. Attempted: 131, Maximum: 128"), (fault.Kind, fault.Message));
        Assert.Equal((129, "w"), (smaller.Properties.Count, smaller.Properties["k1"]));
    }

    [Fact]
    public async Task What_the_system_notes_does_not_count_against_the_quota()
    {
        await using var room = new ImagesRoom();
        var image = await InsertAsync(room, New() with { Properties = new Dictionary<string, string> { ["tintype_verified"] = "passed" } });
        var patch = string.Join(", ", Enumerable.Range(0, 128).Select(i => Operation(PatchOperation.Add, $"k{i}", "v")));
        Assert.Equal(129, (await PatchAsync(room, image, $"[{patch}]")).Properties.Count);
    }

    [Theory]
    [InlineData("active", "deactivated")]
    [InlineData("deactivated", "deactivated")]
    [InlineData("queued", "Not allowed to deactivate image in status 'queued'")]
    [InlineData("saving", "Not allowed to deactivate image in status 'saving'")]
    public async Task Deactivation(string status, string expected)
    {
        await using var room = new ImagesRoom();
        var image = await InsertAsync(room, New() with { Status = ImageWords.Status(status) });
        Assert.Equal(expected, await SwitchAsync(room, image, room.Get<ImageChanges>().DeactivateAsync));
    }

    [Theory]
    [InlineData("deactivated", "active")]
    [InlineData("active", "active")]
    [InlineData("queued", "Not allowed to reactivate image in status 'queued'")]
    public async Task Reactivation(string status, string expected)
    {
        await using var room = new ImagesRoom();
        var image = await InsertAsync(room, New() with { Status = ImageWords.Status(status) });
        Assert.Equal(expected, await SwitchAsync(room, image, room.Get<ImageChanges>().ReactivateAsync));
    }

    [Fact]
    public async Task A_deactivated_image_is_read_by_administrators_alone()
    {
        await using var room = new ImagesRoom();
        var image = await InsertAsync(room, New() with { Status = ImageStatus.Deactivated });
        var fault = await Assert.ThrowsAsync<Fault>(() => room.Get<ImageLifecycle>().FindForDownloadAsync(image, Personas.OwningMember, Ct));
        Assert.Equal((FaultKind.Forbidden, "The requested image has been deactivated. Image data download is forbidden."), (fault.Kind, fault.Message));
        Assert.Equal(image, (await room.Get<ImageLifecycle>().FindForDownloadAsync(image, Personas.Admin, Ct)).Id);
    }

    [Fact]
    public async Task A_protected_image_stays_even_against_an_administrator()
    {
        await using var room = new ImagesRoom();
        var image = await InsertAsync(room, New() with { Protected = true });
        var fault = await Assert.ThrowsAsync<Fault>(() => room.Get<ImageChanges>().DeleteAsync(image, Personas.Admin, Ct));
        Assert.Equal((FaultKind.Forbidden, $"Image {image} is protected and cannot be deleted."), (fault.Kind, fault.Message));
        Assert.NotNull(await room.FindAsync(image, Ct));
    }

    [Fact]
    public async Task The_id_of_a_deleted_image_is_never_given_again()
    {
        await using var room = new ImagesRoom();
        var image = New();
        await InsertAsync(room, image, Personas.Offered);
        await room.Get<ImageChanges>().DeleteAsync(image.Id, Personas.OwningMember, Ct);

        Assert.Null(await room.FindAsync(image.Id, Ct));
        Assert.Equal(0, await room.CountAsync("image_members", Ct));
        Assert.False(await room.Database.WriteAsync(scope => room.Get<ImageRepository>().InsertAsync(scope, image), Ct));
        var fault = await Assert.ThrowsAsync<Fault>(() => room.Get<ImageChanges>().DeleteAsync(image.Id, Personas.OwningMember, Ct));
        Assert.Equal((FaultKind.NotFound, $"Failed to find image {image.Id} to delete"), (fault.Kind, fault.Message));
    }

    [Fact]
    public async Task An_upload_begins_and_ends_by_the_table_of_transitions()
    {
        await using var room = new ImagesRoom();
        var lifecycle = room.Get<ImageLifecycle>();
        var image = await InsertAsync(room, New());

        Assert.Equal("Properties disk_format, container_format must be set prior to saving data.", (await Refused(() => lifecycle.BeginSavingAsync(image, null, Ct))).Message);
        Assert.Equal("Property container_format must be set prior to saving data.", (await Refused(() => lifecycle.BeginSavingAsync(image, "raw", null, null, Ct))).Message);
        Assert.Equal(ImageStatus.Saving, (await lifecycle.BeginSavingAsync(image, "raw", "bare", null, Ct)).Status);
        Assert.Equal("Image status transition from saving to saving is not allowed", (await Refused(() => lifecycle.BeginSavingAsync(image, null, Ct))).Message);
        Assert.Equal(image, (await lifecycle.ListBrokenOffAsync(Ct)).Single().Id);
        await lifecycle.ReturnToQueuedAsync(image, Ct);
        Assert.Equal(ImageStatus.Queued, (await room.FindAsync(image, Ct))!.Status);
        await lifecycle.BeginSavingAsync(image, null, Ct);

        var facts = new ImageDataFacts(Guid.NewGuid(), 5, 7, "md5", new ImageHash("sha256", "5a"));
        var active = await room.Database.WriteAsync(scope => lifecycle.ActivateAsync(scope, image, facts, new Dictionary<string, string?> { ["tintype_x"] = "y" }), Ct);

        Assert.Equal((ImageStatus.Active, facts.BlobId, 5, 7, "md5", new ImageHash("sha256", "5a"), "y"),
            (active.Status, active.BlobId, active.Size, active.VirtualSize, active.Checksum, active.Hash, active.Properties["tintype_x"]));
        Assert.Equal((FaultKind.Conflict, "Image status transition from active to saving is not allowed"), await KindAndMessage(() => lifecycle.BeginSavingAsync(image, null, Ct)));
        await lifecycle.ReturnToQueuedAsync(image, Ct);
        Assert.Equal(ImageStatus.Active, (await room.FindAsync(image, Ct))!.Status);
    }

    [Fact]
    public async Task Data_that_was_judged_by_another_signature_does_not_become_the_images()
    {
        await using var room = new ImagesRoom();
        var lifecycle = room.Get<ImageLifecycle>();
        var claim = new SignatureClaim("YWJj", "SHA-256", "DSA", "c");
        var image = await InsertAsync(room, New() with
        {
            DiskFormat = "raw",
            ContainerFormat = "bare",
            Properties = new Dictionary<string, string>
            {
                ["img_signature"] = "YWJj", ["img_signature_hash_method"] = "SHA-256", ["img_signature_key_type"] = "DSA", ["img_signature_certificate_uuid"] = "c",
            },
        });
        await lifecycle.BeginSavingAsync(image, null, Ct);
        var facts = new ImageDataFacts(Guid.NewGuid(), 5, 7, "md5", new ImageHash("sha256", "5a"));
        foreach (var verified in new[] { null, claim with { Value = "eHl6" } })
        {
            var refused = await Refused(() => room.Database.WriteAsync(scope => lifecycle.ActivateAsync(scope, image, facts with { Verified = verified }, new Dictionary<string, string?>()), Ct));
            Assert.Equal((FaultKind.Conflict, ImageStatus.Saving), (refused.Kind, (await room.FindAsync(image, Ct))!.Status));
        }

        var active = await room.Database.WriteAsync(scope => lifecycle.ActivateAsync(scope, image, facts with { Verified = claim }, new Dictionary<string, string?>()), Ct);
        Assert.Equal(ImageStatus.Active, active.Status);
    }

    private static Task<ImageRecord> PatchAsync(ImagesRoom room, Guid image, string patch) => room.Get<ImageChanges>().PatchAsync(
        image, ImagePatch.Parse(Json(patch), PatchDialect.V21), PatchDialect.V21, Personas.OwningMember, Ct);

    private static async Task<string> SwitchAsync(ImagesRoom room, Guid image, Func<Guid, Caller, CancellationToken, Task> change)
    {
        try
        {
            await change(image, Personas.OwningMember, Ct);
            return (await room.FindAsync(image, Ct))!.Status.Word();
        }
        catch (Fault fault) when (fault.Kind == FaultKind.Forbidden)
        {
            return fault.Message;
        }
    }

    private static Task<Fault> Refused(Func<Task> call) => Assert.ThrowsAsync<Fault>(call);

    private static async Task<(FaultKind, string)> KindAndMessage(Func<Task> call)
    {
        var fault = await Refused(call);
        return (fault.Kind, fault.Message);
    }

    private static async Task<Guid> InsertAsync(ImagesRoom room, ImageRecord image, string? offeredTo = null)
    {
        await room.Database.WriteAsync(async scope =>
        {
            Assert.True(await room.Get<ImageRepository>().InsertAsync(scope, image));
            if (offeredTo is not null)
                await room.Get<Tintype.Images.Sharing.MemberRepository>().InsertAsync(scope, image, offeredTo);
        }, Ct);
        return image.Id;
    }

    private static string Operation(PatchOperation operation, object name, object value) =>
        $$"""{"op": "{{operation.ToString().ToLowerInvariant()}}", "path": "/{{name}}", "value": "{{value}}"}""";

    private static Dictionary<string, string>? Apply(
        Dictionary<string, string> model, (PatchOperation Op, char Name, char Value)[] patch, PatchDialect dialect)
    {
        var changed = new Dictionary<string, string>(model);
        foreach (var (operation, letter, value) in patch)
        {
            var name = letter.ToString();
            var exists = changed.ContainsKey(name);
            if (operation == PatchOperation.Add ? exists && dialect == PatchDialect.V20 : !exists)
                return null;
            if (operation == PatchOperation.Remove)
                changed.Remove(name);
            else
                changed[name] = value.ToString();
        }

        return changed;
    }
}
