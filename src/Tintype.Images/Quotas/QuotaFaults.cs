using Tintype.Platform.Http;

namespace Tintype.Images.Quotas;

/// <summary>413, with the limit, what of it is used, and what was attempted; the limits by the names under which they are set.</summary>
internal static class QuotaFaults
{
    extension(Fault)
    {
        public static Fault ImageCountExceeded(string project, long limit, long usage) => new(FaultKind.PayloadTooLarge,
            $"Project {project} is over its limit {QuotaLimits.CountTotalName}: it may have {limit} images, has {usage}, and one more was attempted.");

        public static Fault UploadCountExceeded(string project, long limit, long usage) => new(FaultKind.PayloadTooLarge,
            $"Project {project} is over its limit {QuotaLimits.CountUploadingName}: data of {limit} images may come at once, that of {usage} is coming, and one more was attempted.");

        public static Fault ImageBytesExceeded(QuotaKind kind, string project, long limit, long usage, long attempted) => new(FaultKind.PayloadTooLarge,
            $"Project {project} is over its limit {(kind == QuotaKind.Store ? QuotaLimits.SizeTotalName : QuotaLimits.StageTotalName)}: it may have {limit} bytes "
            + $"{(kind == QuotaKind.Store ? "of image data" : "staged")}, {usage} are used or promised, and {attempted} more were attempted.");
    }
}
