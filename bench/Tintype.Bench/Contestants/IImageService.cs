namespace Tintype.Bench.Contestants;

/// <summary>A server that speaks the Images API, signed in to.</summary>
internal interface IImageService
{
    string Name { get; }

    /// <summary>The root of the API, <c>…/v2/</c>.</summary>
    Uri Images { get; }

    string Token { get; }

    /// <summary>Seconds that the service's processes have taken up to now.</summary>
    double Processor { get; }
}
