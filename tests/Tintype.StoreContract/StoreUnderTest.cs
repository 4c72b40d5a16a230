using Tintype.Storage;

namespace Tintype.StoreContract;

/// <summary>
/// A driver, as the suite needs it: the store itself, the same one as after a restart of the server, and what a crash in the middle of
/// a write leaves. A driver's tests derive from the contract classes, one for each capability that it claims, with its own factory.
/// </summary>
public abstract class StoreUnderTest : IAsyncDisposable
{
    public abstract IBlobStore Store { get; }

    /// <summary>The same blobs through a new instance, which shares no memory with the old one.</summary>
    public abstract IBlobStore Reopen();

    public abstract ValueTask DisposeAsync();
}

/// <summary>A store with little room.</summary>
public interface ISmallStore
{
    /// <summary>Bytes that surely do not fit.</summary>
    long TooMuch { get; }
}
