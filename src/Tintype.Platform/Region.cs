namespace Tintype.Platform;

/// <summary>What the catalog calls the place that this server serves.</summary>
public static class Region
{
    public const string Own = "RegionOne";
}
