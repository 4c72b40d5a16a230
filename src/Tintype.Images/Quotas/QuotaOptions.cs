using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Tintype.Images.Quotas;

/// <summary>What a project may have of images.</summary>
internal sealed class QuotaOptions
{
    /// <summary>Of each project for which nothing else is said.</summary>
    public QuotaLimits Default { get; set; } = new();

    /// <summary>Of single projects, by id. What is left out is as by default.</summary>
    public Dictionary<string, QuotaLimits> Projects { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether anything is limited at all.</summary>
    public bool AreOn => Default.IsAny || Projects.Values.Any(limits => limits.IsAny);

    public QuotaLimits Of(string project) => Projects.TryGetValue(project, out var own) ? own.Over(Default) : Default;
}

/// <summary>Limits of one project; null leaves it to the default, and there it means, as -1 does, no limit.</summary>
internal sealed record QuotaLimits
{
    public const long Unlimited = -1;

    public const string CountTotalName = "image_count_total";
    public const string CountUploadingName = "image_count_uploading";
    public const string SizeTotalName = "image_size_total";
    public const string StageTotalName = "image_stage_total";

    /// <summary>Images in whatever state.</summary>
    public long? CountTotal { get; init; }

    /// <summary>Images whose data is being brought in at this moment.</summary>
    public long? CountUploading { get; init; }

    /// <summary>MiB of data in the stores, every copy counted.</summary>
    public long? SizeTotal { get; init; }

    /// <summary>MiB of data that waits for its import.</summary>
    public long? StageTotal { get; init; }

    public bool IsAny => CountTotal is not null || CountUploading is not null || SizeTotal is not null || StageTotal is not null;

    public QuotaLimits Over(QuotaLimits other) => new()
    {
        CountTotal = CountTotal ?? other.CountTotal,
        CountUploading = CountUploading ?? other.CountUploading,
        SizeTotal = SizeTotal ?? other.SizeTotal,
        StageTotal = StageTotal ?? other.StageTotal,
    };
}

/// <summary>
/// Reads the section <c>Images:Quotas</c>, with OpenStack's names for the limits:
/// <code>
/// {"Default": {"image_count_total": 100, "image_size_total": 51200}, "Projects": {"3f0c…": {"image_count_total": -1}}}
/// </code>
/// By hand, because a limit whose name is misspelt must not be taken for none.
/// </summary>
internal sealed partial class QuotaConfiguration(IConfiguration configuration) : IConfigureOptions<QuotaOptions>
{
    // 2^43 MiB are more bytes than a number holds.
    private const long Maximum = (1L << 43) - 1;

    /// <exception cref="InvalidOperationException">Names what is wrong.</exception>
    public void Configure(QuotaOptions options)
    {
        foreach (var part in configuration.GetSection("Images:Quotas").GetChildren())
        {
            if (part.Key.Equals("Default", StringComparison.OrdinalIgnoreCase))
                options.Default = Limits(part);
            else if (part.Key.Equals("Projects", StringComparison.OrdinalIgnoreCase))
                ReadProjects(part, options);
            else
                throw new InvalidOperationException($"{part.Path} is unknown; there are Images:Quotas:Default and Images:Quotas:Projects.");
        }
    }

    private static void ReadProjects(IConfigurationSection projects, QuotaOptions options)
    {
        foreach (var project in projects.GetChildren())
        {
            if (!ProjectId.IsMatch(project.Key))
                throw new InvalidOperationException($"{project.Path} is for no project: '{project.Key}' is not an id of 32 hexadecimal digits, as 'openstack project show' tells it.");
            options.Projects[project.Key] = Limits(project);
        }
    }

    private static QuotaLimits Limits(IConfigurationSection section)
    {
        var limits = new QuotaLimits();
        foreach (var setting in section.GetChildren())
        {
            var limit = Limit(setting);
            limits = setting.Key switch
            {
                QuotaLimits.CountTotalName => limits with { CountTotal = limit },
                QuotaLimits.CountUploadingName => limits with { CountUploading = limit },
                QuotaLimits.SizeTotalName => limits with { SizeTotal = limit },
                QuotaLimits.StageTotalName => limits with { StageTotal = limit },
                _ => throw new InvalidOperationException($"{setting.Path} is unknown; there are {QuotaLimits.CountTotalName}, {QuotaLimits.CountUploadingName}, "
                    + $"{QuotaLimits.SizeTotalName} and {QuotaLimits.StageTotalName}."),
            };
        }

        return limits;
    }

    private static long Limit(IConfigurationSection setting) =>
        long.TryParse(setting.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var limit) && limit is >= QuotaLimits.Unlimited and <= Maximum
            ? limit
            : throw new InvalidOperationException($"{setting.Path} is '{setting.Value}'; a limit is -1 for none, or a whole number from 0 to {Maximum}.");

    [GeneratedRegex("^[0-9a-f]{32}$", RegexOptions.CultureInvariant)]
    private static partial Regex ProjectId { get; }
}
