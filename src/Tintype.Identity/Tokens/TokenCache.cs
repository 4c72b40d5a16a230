namespace Tintype.Identity.Tokens;

/// <summary>
/// The tokens that were asked for lately, so that most requests are let in without a query. It never knows better than the database: a write that
/// may change what a token means forgets everything before it returns, and what was read before that is not remembered after it.
/// </summary>
internal sealed class TokenCache
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, TokenRecord> _tokens = [];
    private readonly int _capacity;
    private long _generation;

    /// <param name="capacity">How many are remembered, about a kilobyte each.</param>
    public TokenCache(int capacity = 4096) => _capacity = capacity;

    /// <summary>To be taken before the database is read; <see cref="Remember"/> wants it back.</summary>
    public long Generation
    {
        get
        {
            lock (_lock)
                return _generation;
        }
    }

    public TokenRecord? Find(string hash)
    {
        lock (_lock)
            return _tokens.GetValueOrDefault(hash);
    }

    /// <summary>Does nothing if <see cref="Forget"/> was called since <paramref name="generation"/>: the token may have been read before the write.</summary>
    public void Remember(TokenRecord token, long generation)
    {
        lock (_lock)
        {
            if (generation != _generation)
                return;
            // Starting over is as good as any order of eviction for what refills itself in one query each.
            if (_tokens.Count >= _capacity)
                _tokens.Clear();
            _tokens[token.Hash] = token;
        }
    }

    public void Forget()
    {
        lock (_lock)
        {
            _generation++;
            _tokens.Clear();
        }
    }
}
