using Tintype.Images.Quotas;
using Tintype.Images.Records;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;

namespace Tintype.Images.Sharing;

/// <summary>Offers of images to projects, and the projects' answers. There are offers of images of visibility "shared" only.</summary>
internal sealed class ImageSharing(
    ImageRepository images, MemberRepository members, ImageRules imageRules, MemberRules memberRules, LocalQuotas limits,
    MetadataDatabase database)
{
    /// <exception cref="Fault">404 not seen; 403 not shared, or not the caller's to offer; 409 offered already; 413 too many.</exception>
    public Task<ImageMember> OfferAsync(string id, string member, Caller caller, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var image = Shared(Seen(id, await FindAsync(scope, id, caller), caller), "create");
        Permit(MemberAction.Offer, image, caller, member);
        if (await members.FindAsync(scope, image.Id, member) is not null)
            throw Fault.DuplicateMember(member, image.Id);
        var attempted = await members.CountAsync(scope, image.Id) + 1;
        if (LocalQuotas.IsOver(attempted, limits.MemberQuota))
            throw Fault.TooManyMembers(image.Id, attempted, limits.MemberQuota);
        return await members.InsertAsync(scope, image, member) ?? throw Fault.DuplicateMember(member, image.Id);
    }, ct);

    /// <exception cref="Fault">404 not seen, no such offer; 403 not shared, or another project's to answer.</exception>
    public Task<ImageMember> AnswerAsync(string id, string member, MemberStatus status, Caller caller, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var image = Shared(Seen(id, await FindAsync(scope, id, caller), caller), "update");
        var offer = Offer(image, member, caller, await members.FindAsync(scope, image.Id, member));
        Permit(MemberAction.Answer, image, caller, member);
        return await members.SetStatusAsync(scope, offer, status);
    }, ct);

    /// <exception cref="Fault">404 not seen, no such offer; 403 not shared, or not the caller's to withdraw.</exception>
    public Task WithdrawAsync(string id, string member, Caller caller, CancellationToken ct) => database.WriteAsync(async scope =>
    {
        var image = Shared(Seen(id, await FindAsync(scope, id, caller), caller), "delete");
        var offer = Offer(image, member, caller, await members.FindAsync(scope, image.Id, member));
        Permit(MemberAction.Withdraw, image, caller, member);
        await members.DeleteAsync(scope, offer);
    }, ct);

    /// <exception cref="Fault">404 not seen; 403 not shared.</exception>
    public async Task<IReadOnlyList<ImageMember>> ListAsync(string id, Caller caller, CancellationToken ct)
    {
        var image = Shared(Seen(id, await FindAsync(id, caller, ct), caller), "list");
        Permit(MemberAction.List, image, caller, null);
        return [.. (await members.ListAsync(image.Id, ct)).Where(m => memberRules.Sees(image, caller, m.Member))];
    }

    /// <exception cref="Fault">404, also where the list is 403: asking for one offer must not tell that there could be any.</exception>
    public async Task<ImageMember> ShowAsync(string id, string member, Caller caller, CancellationToken ct)
    {
        var image = Seen(id, await FindAsync(id, caller, ct), caller);
        if (image.Visibility != ImageVisibility.Shared)
            throw Fault.NotFound("Only shared images have members.");
        return Offer(image, member, caller, await members.FindAsync(image.Id, member, ct));
    }

    private async Task<ImageSeen?> FindAsync(WriteScope scope, string id, Caller caller) =>
        ImageId.Find(id) is { } parsed ? await images.FindSeenByAsync(scope, parsed, caller.ProjectId) : null;

    private async Task<ImageSeen?> FindAsync(string id, Caller caller, CancellationToken ct) =>
        ImageId.Find(id) is { } parsed ? await images.FindSeenByAsync(parsed, caller.ProjectId, ct) : null;

    private ImageRecord Seen(string id, ImageSeen? seen, Caller caller) =>
        seen is not null && imageRules.Sees(seen.Image, caller, seen.MemberStatus is not null) ? seen.Image : throw Fault.SharedImageNotFound(id);

    private static ImageRecord Shared(ImageRecord image, string verb) =>
        image.Visibility == ImageVisibility.Shared ? image : throw Fault.NotShared(verb, image.Id);

    private ImageMember Offer(ImageRecord image, string member, Caller caller, ImageMember? found) =>
        found is not null && memberRules.Sees(image, caller, member) ? found : throw Fault.MemberNotFound(member, image.Id);

    private void Permit(MemberAction action, ImageRecord image, Caller caller, string? member)
    {
        if (!memberRules.Permits(action, image, caller, member))
            throw Fault.NotAuthorized(MemberRules.Name(action));
    }
}
