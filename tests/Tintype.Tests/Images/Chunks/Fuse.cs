using System.Reflection;
using Tintype.Storage;
using Tintype.Storage.Chunks;

namespace Tintype.Tests.Images.Chunks;

/// <summary>Stands for kill -9 before the n-th thing that is done: from there on nothing works any more.</summary>
internal sealed class Fuse
{
    private int _left = int.MaxValue;

    public bool HasBlown => Volatile.Read(ref _left) <= 0;

    public void BlowBefore(int step) => _left = step;

    // Who writes does several things at once.
    public void Burn()
    {
        if (Interlocked.Decrement(ref _left) <= 0)
            throw new KilledException();
    }

    /// <summary>The same, but every call burns a piece of the fuse first.</summary>
    public T Around<T>(T target)
        where T : class
    {
        var proxy = DispatchProxy.Create<T, FusedProxy>();
        ((FusedProxy)(object)proxy).Set(this, target);
        return proxy;
    }
}

internal sealed class KilledException() : IOException("Killed.");

/// <summary>A store that can hold packs and records.</summary>
public interface IFusedStore : IBlobStore, IRangeReadable;

#pragma warning disable CA1852 // A proxy is derived from it.
internal class FusedProxy : DispatchProxy
#pragma warning restore CA1852
{
    private Fuse _fuse = new();
    private object? _target;

    public void Set(Fuse fuse, object target) => (_fuse, _target) = (fuse, target);

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        // Once killed, a process does not clean up either; what it holds in memory may go.
        if (targetMethod!.Name == nameof(IAsyncDisposable.DisposeAsync) && _fuse.HasBlown)
            return ValueTask.CompletedTask;
        if (!targetMethod.IsSpecialName)
            _fuse.Burn();
        var result = targetMethod.Invoke(_target, BindingFlags.DoNotWrapExceptions, null, args, null);
        return result switch
        {
            Task<IBlobWriter> writer => FuseAsync(writer),
            Task<IChunkLease> lease => FuseAsync(lease),
            _ => result,
        };
    }

    private async Task<T> FuseAsync<T>(Task<T> made)
        where T : class => _fuse.Around(await made);
}
