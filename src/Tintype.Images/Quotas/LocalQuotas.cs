using System.ComponentModel.DataAnnotations;
using Tintype.Images.Records;
using Tintype.Platform.Http;

namespace Tintype.Images.Quotas;

/// <summary>Section <c>Images</c>: what a single image may have, whoever owns it. Glance's options, with its defaults; -1 is no limit.</summary>
internal sealed class LocalQuotas
{
    /// <summary>Projects to which an image is offered.</summary>
    [Range(-1, int.MaxValue)]
    public int MemberQuota { get; set; } = 128;

    [Range(-1, int.MaxValue)]
    public int PropertyQuota { get; set; } = 128;

    [Range(-1, int.MaxValue)]
    public int TagQuota { get; set; } = 128;

    /// <summary>For what a change makes of an image. What the system itself noted does not count.</summary>
    /// <exception cref="Fault">413.</exception>
    public void Check(ImageRecord? before, ImageRecord after)
    {
        if (IsOver(after.Tags.Count, TagQuota))
            throw Fault.QuotaExceeded("image tags", after.Tags.Count, TagQuota);
        var properties = CountOwn(after);
        // An image that is over the quota already may still be changed, only not grow.
        if (IsOver(properties, PropertyQuota) && (before is null || properties > CountOwn(before)))
            throw Fault.QuotaExceeded("image properties", properties, PropertyQuota);
    }

    public static bool IsOver(int number, int quota) => quota >= 0 && number > quota;

    private static int CountOwn(ImageRecord image) => image.Properties.Keys.Count(name => !ImageAttributes.IsSystems(name) && !ImageAttributes.IsReserved(name));
}
