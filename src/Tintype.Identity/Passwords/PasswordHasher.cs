using Tintype.Platform.Http;

namespace Tintype.Identity.Passwords;

/// <summary>
/// Hashes and verifies passwords, as many at once as there are processors: each takes memory, and more at once would not be
/// faster. Whoever finds too long a queue is refused at once instead of making it longer.
/// </summary>
/// <param name="slots">How many are hashed at once.</param>
/// <param name="maximumPresent">How many may be here, hashed or waiting.</param>
internal sealed class PasswordHasher(int slots, int maximumPresent) : IDisposable
{
    // Verified in place of the hash of a user who is not there, so that the answer takes as long and gives nothing away.
    private static readonly Lazy<PasswordHash> _nobodys = new(() => PasswordHash.Of(Guid.NewGuid().ToString()));

    private readonly SemaphoreSlim _slots = new(slots);
    private int _present;

    public PasswordHasher() : this(Environment.ProcessorCount, maximumPresent: 200)
    {
    }

    /// <returns>The PHC string to store.</returns>
    public Task<string> HashAsync(string password, CancellationToken ct) => RunAsync(() => PasswordHash.Of(password).ToString(), ct);

    /// <param name="stored">The PHC string; null when there is no such user, or one without a password: false after the same time.</param>
    public Task<bool> VerifyAsync(string password, string? stored, CancellationToken ct) => RunAsync(
        () => (stored is null ? _nobodys.Value : PasswordHash.Parse(stored)).Matches(password) && stored is not null, ct);

    private async Task<T> RunAsync<T>(Func<T> work, CancellationToken ct)
    {
        try
        {
            if (Interlocked.Increment(ref _present) > maximumPresent)
                throw Fault.TooManySignIns();
            await _slots.WaitAsync(ct);
            try
            {
                return await Task.Run(work, CancellationToken.None);
            }
            finally
            {
                _slots.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _present);
        }
    }

    public void Dispose() => _slots.Dispose();
}
