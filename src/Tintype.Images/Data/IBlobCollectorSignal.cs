namespace Tintype.Images.Data;

/// <summary>Tells the collector that a blob may have lost its last reference. Called once that is durable; never blocks.</summary>
internal interface IBlobCollectorSignal
{
    void Wake();
}
