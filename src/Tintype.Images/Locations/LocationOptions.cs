namespace Tintype.Images.Locations;

/// <summary>Section <c>Images</c>: what users see of where their images lie, and may say about it.</summary>
internal sealed class LocationOptions
{
    /// <summary>
    /// Glance's show_multiple_locations: whether whoever may read an image's locations sees them, and may change them by PATCH. It lets
    /// an owner change what an active image gives (OSSN-0065); this service still boots nothing but copies of its own.
    /// </summary>
    public bool ShowMultipleLocations { get; set; }

    /// <summary>Glance's show_image_direct_url: whether they see the first location as <c>direct_url</c>.</summary>
    public bool ShowImageDirectUrl { get; set; }

    /// <summary>How many locations an image may have; any number if negative. Glance's image_location_quota, with its default.</summary>
    public int LocationQuota { get; set; } = 10;

    /// <summary>
    /// Glance's do_secure_hash: whether the data under a location that is added by POST is read once in the background, hashed, and
    /// held against what its sender has said. Without it the sender is believed.
    /// </summary>
    public bool DoSecureHash { get; set; } = true;
}
