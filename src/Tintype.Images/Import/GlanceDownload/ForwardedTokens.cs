using System.Collections.Concurrent;

namespace Tintype.Images.Import.GlanceDownload;

/// <summary>
/// The tokens with which tasks go to other services in their users' names. In memory only, as tokens are never written down: after a
/// restart the user has to ask again.
/// </summary>
internal sealed class ForwardedTokens
{
    private readonly ConcurrentDictionary<Guid, string> _tokens = new();

    public void Keep(Guid task, string token) => _tokens[task] = token;

    public string? Find(Guid task) => _tokens.GetValueOrDefault(task);

    public void Forget(Guid task) => _tokens.TryRemove(task, out _);
}
